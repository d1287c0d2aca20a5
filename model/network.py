"""The network: one encoder pass per sentence, four heads.

Sentence heads read the mean of the tokens. Pair heads read [context; source mean; target mean], where the context is
what the pair attends to among the tokens. All pairs of a sentence share its pass; on PLOVER's PLV spans do as well as
marker tokens with a pass for each pair (quad-class macro-F1 .936 against .934, all-MiniLM-L6-v2).

This module needs torch and transformers; prediction with the served engine never imports it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from .codebook import Codebook


class DiplotoneConfig(PretrainedConfig):
    """Shape of the network: its encoder and how many labels each task has."""

    model_type = "diplotone"
    sub_configs = {"encoder": AutoConfig}  # type: ignore  # noqa: RUF012 (transformers reads it so)

    def __init__(
        self,
        encoder: PretrainedConfig | dict[str, Any] | None = None,
        sentence_tasks: dict[str, int] | None = None,
        pair_tasks: dict[str, int] | None = None,
        head_dropout: float = 0.1,
        max_tokens: int = 256,
        stand_ins: bool = False,
        spelling: bool = False,
        pair_attention: bool = False,
        **kwargs: Any,
    ) -> None:
        if isinstance(encoder, dict):
            encoder = AutoConfig.for_model(**encoder)
        self.encoder = encoder if encoder is not None else AutoConfig.for_model("bert")
        self.sentence_tasks = sentence_tasks or {}
        self.pair_tasks = pair_tasks or {}
        self.head_dropout = head_dropout
        self.max_tokens = max_tokens
        self.stand_ins = stand_ins
        self.spelling = spelling
        self.pair_attention = pair_attention
        super().__init__(**kwargs)


class DiplotoneNetwork(PreTrainedModel):
    """Encoder with a head for each task; returns one tensor of logits per task."""

    config_class = DiplotoneConfig  # type: ignore[assignment]
    base_model_prefix = "encoder"

    def __init__(self, config: DiplotoneConfig) -> None:
        super().__init__(config)
        self.encoder = AutoModel.from_config(config.encoder)
        width = config.encoder.hidden_size
        self.dropout = nn.Dropout(config.head_dropout)
        self.no_source = nn.Parameter(torch.zeros(width))  # stands where a pair has no source
        self.pair_query = nn.Linear(2 * width, width) if config.pair_attention else None
        self.pair_hidden = nn.Linear(3 * width, width)
        self.sentence_heads = nn.ModuleDict(
            {task: nn.Linear(width, n_labels) for task, n_labels in config.sentence_tasks.items()}
        )
        self.pair_heads = nn.ModuleDict(
            {task: nn.Linear(width, n_labels) for task, n_labels in config.pair_tasks.items()}
        )
        self.post_init()
        if self.pair_query is not None:
            nn.init.zeros_(self.pair_query.weight)  # all tokens count alike until it has learnt better

    @classmethod
    def from_encoder(cls, folder: str | Path, codebook: Codebook, **shape: Any) -> DiplotoneNetwork:
        """Return an untrained network around a trained encoder.

        Args:
            folder: A folder in the form that transformers saves, or a hub name where a hub is reachable.
            codebook: Gives the heads their sizes.
            shape: Further fields of `DiplotoneConfig`.
        """
        encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False)
        encoder.config.name_or_path = ""  # a folder of the machine that trained is nobody else's business
        config = DiplotoneConfig(
            encoder=encoder.config,
            sentence_tasks={task.name: len(task) for task in codebook.at("sentence")},
            pair_tasks={task.name: len(task) for task in codebook.at("pair")},
            **shape,
        )
        network = cls(config)
        network.encoder.load_state_dict(encoder.state_dict(), strict=False)
        return network

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        source: Tensor,
        target: Tensor,
        with_embedding: bool = False,
        **_: Any,
    ) -> dict[str, Tensor]:
        """Return the logits of every task.

        Args:
            input_ids: Token ids. *Shape:* (B, S)
            attention_mask: 1 at tokens, 0 at padding. *Shape:* (B, S)
            source: Weight of each token in the source; a row sums to 1, or to 0 without a source.
                *Shape:* (B, K, S)
            target: The same for the target. *Shape:* (B, K, S)
            with_embedding: Return the mean of each sentence's tokens too, as "embedding". *Shape:* (B, H)

        Returns:
            Sentence tasks with *shape* (B, labels), pair tasks with *shape* (B, K, labels). Logits of pair
            slots that are padding mean nothing.
        """
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state  # (B, S, H)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (B, S, 1)
        sentence = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)  # (B, H)

        source, target = source.to(hidden.dtype), target.to(hidden.dtype)
        absent = 1 - source.sum(-1, keepdim=True)  # (B, K, 1): 1 where there is no source
        source_mean = source @ hidden + absent * self.no_source  # (B, K, H)
        target_mean = target @ hidden  # (B, K, H)
        if self.pair_query is None:
            context = sentence.unsqueeze(1).expand_as(target_mean)  # (B, K, H)
        else:
            query = self.pair_query(torch.cat([source_mean, target_mean], dim=-1))  # (B, K, H)
            context = self._attended(query, hidden, attention_mask)  # (B, K, H)
        pair = torch.cat([context, source_mean, target_mean], dim=-1)  # (B, K, 3H)
        pair = nn.functional.gelu(self.pair_hidden(self.dropout(pair)))  # (B, K, H)

        dropped, pair = self.dropout(sentence), self.dropout(pair)
        logits = {task: head(dropped) for task, head in self.sentence_heads.items()}
        logits |= {task: head(pair) for task, head in self.pair_heads.items()}
        return logits | {"embedding": sentence} if with_embedding else logits

    def _attended(self, query: Tensor, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the mean of the tokens, weighted for each query by how well they match it.

        The width is cut into as many parts as the encoder has heads, each with weights of its own.

        *Shapes:* (B, K, H), (B, S, H), (B, S) -> (B, K, H)
        """
        n_heads = self.config.encoder.num_attention_heads
        parts = query.unflatten(-1, (n_heads, -1)).transpose(1, 2)  # (B, heads, K, H / heads)
        tokens = hidden.unflatten(-1, (n_heads, -1)).transpose(1, 2)  # (B, heads, S, H / heads)
        scores = parts @ tokens.transpose(-1, -2) / tokens.shape[-1] ** 0.5  # (B, heads, K, S)
        padding = (1 - attention_mask)[:, None, None, :].to(scores.dtype) * -1e4
        weights = (scores + padding).softmax(-1).to(tokens.dtype)
        return (weights @ tokens).transpose(1, 2).flatten(2)
