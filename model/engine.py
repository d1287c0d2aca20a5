"""What runs the network: OpenVINO to serve, torch to train and to check against.

Both take a `Batch` and return the same logits within the tolerance that the tests hold, and beside them the
sentence embeddings, where the release has them as an output.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .cores import usable_cores
from .encoding import Batch, filled_rows
from .errors import ConfigError, ReleaseError
from .memory import memory_errors
from .runtime import import_openvino

if TYPE_CHECKING:
    import openvino as ov

OPENVINO_FILE = "openvino_model.xml"
PRECISIONS = ("f32", "bf16")
EMBEDDING = "embedding"
"""Name of the output that is no task: the mean of each sentence's tokens."""

Logits = dict[str, NDArray[np.float32]]
"""Per task: sentence tasks (B, labels), pair tasks (B, K, labels)."""

Embeddings = NDArray[np.float32]
"""The mean of each sentence's tokens. *Shape:* (B, H)"""


class Engine(Protocol):
    """Anything that turns a batch into logits."""

    name: str
    precision: str
    """What it computes in, one of `PRECISIONS`."""

    def run(self, batch: Batch) -> Logits:
        """Return the logits of every task."""
        ...

    def run_and_embed(self, batch: Batch) -> tuple[Logits, Embeddings | None]:
        """Return the logits of every task and, where the release has them as an output, the embeddings."""
        ...


def computed_in(precision: str) -> str:
    """Return what this machine computes in where a precision is asked for: f32 where its processor has no bf16.

    Raises:
        ConfigError: There is no such precision.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f'precision "{precision}" is not one of {", ".join(PRECISIONS)}')
    if precision == "f32":
        return precision
    import_openvino()
    import openvino as ov

    return precision if _has_bf16(ov.Core()) else "f32"


def _has_bf16(core: ov.Core) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoEngine:
    """The served engine: needs neither torch nor transformers.

    Args:
        folder: A release folder.
        precision: What it computes in where it is not quantised: "f32", or "bf16" where the processor has it and
            f32 where it would have to emulate it. It is always set: left alone, OpenVINO chooses for itself.
        threads: Threads for one request; None takes the cores that this process may use.
        digest: The verified release's digest, by which the compiled model is kept for the next start; None keeps
            nothing.
    """

    name = "openvino"

    def __init__(
        self, folder: Path, *, precision: str = "f32", threads: int | None = None, digest: str | None = None
    ) -> None:
        self._path = folder / OPENVINO_FILE
        self._digest = digest
        with memory_errors():
            import_openvino()
            import openvino as ov

            self._core = ov.Core()
            self.precision = precision if precision == "f32" or _has_bf16(self._core) else "f32"
        self._settings = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "INFERENCE_NUM_THREADS": threads or usable_cores(),
            "PERFORMANCE_HINT": "LATENCY",
            # Said beside the hint, which on processors of several sockets may take a stream for each: one batch at a
            # time has all threads. Archives have a process for each core, with one thread and so one stream.
            "NUM_STREAMS": 1,
            # Pinned threads of several processes would all sit on the first core.
            "ENABLE_CPU_PINNING": False,
            # On some processors activations meet int8 weights rounded to int8 as well, by a scale that
            # shifts with the batch (probabilities by up to .015). Zero switches that off everywhere.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
        }
        try:
            model = compiled(self._core, self._path, self._settings, digest)
        except RuntimeError as error:
            raise ReleaseError(f"{self._path}: cannot be loaded: {error}") from error
        self._outputs = [output.get_any_name() for output in model.outputs]
        self._request: ov.InferRequest | None = model.create_infer_request()
        """None after a failure, until the next batch."""

    def run(self, batch: Batch) -> Logits:
        """Return the logits of every task.

        Raises:
            MemoryError: There is not enough of it; the next batch finds the engine as it was at first.
        """
        return self.run_and_embed(batch)[0]

    def run_and_embed(self, batch: Batch) -> tuple[Logits, Embeddings | None]:
        """Return the logits of every task and, where the release has them as an output, the embeddings.

        Raises:
            MemoryError: There is not enough of it; the next batch finds the engine as it was at first.
        """
        try:
            with memory_errors():
                if self._request is None:
                    model = compiled(self._core, self._path, self._settings, self._digest)
                    self._request = model.create_infer_request()
                filled = _filled_up(batch)
                results = self._request.infer(filled.as_dict(), share_inputs=True)
            logits = {name: np.array(results[n]) for n, name in enumerate(self._outputs)}
            _check_shapes(logits, filled)
            logits = {name: values[: len(batch.input_ids)] for name, values in logits.items()}
        except BaseException:
            # A model that memory failed half-way fails ever after, and so do new requests made of it.
            self._request = None
            raise
        return logits, logits.pop(EMBEDDING, None)


def _filled_up(batch: Batch) -> Batch:
    n_rows = len(batch.input_ids)
    n_more = filled_rows(n_rows) - n_rows
    if not n_more:
        return batch
    return Batch(*(np.concatenate([rows, rows[:n_more]]) for rows in batch.as_dict().values()))


def _check_shapes(outputs: Logits, batch: Batch) -> None:
    """Refuse the outputs of another batch, which OpenVINO was seen to return when memory ran out."""
    n_sentences, n_pairs, _ = batch.source.shape
    for name, values in outputs.items():
        wanted = (n_sentences, n_pairs) if values.ndim == 3 else (n_sentences,)
        if values.shape[: len(wanted)] != wanted:
            raise MemoryError(f"{name} has the shape {values.shape} where {wanted} is due")


class TorchEngine:
    """The trained network itself, in fp32."""

    name = "torch"
    precision = "f32"

    def __init__(self, folder: Path) -> None:
        import torch

        from .network import DiplotoneNetwork

        self._torch = torch
        self._network = DiplotoneNetwork.from_pretrained(folder, local_files_only=True).float().eval()

    def run(self, batch: Batch) -> Logits:
        """Return the logits of every task."""
        return self.run_and_embed(batch)[0]

    def run_and_embed(self, batch: Batch) -> tuple[Logits, Embeddings | None]:
        """Return the logits of every task and the embeddings; the network itself always has them."""
        tensors = {name: self._torch.from_numpy(array) for name, array in batch.as_dict().items()}
        with self._torch.inference_mode():
            outputs = self._network(**tensors, with_embedding=True)
        logits = {name: values.numpy() for name, values in outputs.items()}
        return logits, logits.pop(EMBEDDING)
