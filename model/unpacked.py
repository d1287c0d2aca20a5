"""Weights as numbers again: for computing in bf16, where packed weights make a sentence's numbers depend on its batch.

A release keeps its weights in eight bits with a scale to each row. OpenVINO multiplies by them in one way where a batch
is small and in another where it is large. In fp32 that is no difference to speak of; in bf16 it moves probabilities by
up to .006. Weights unpacked beforehand take one way only, and the numbers are the same to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .runtime import import_openvino

if TYPE_CHECKING:
    import openvino as ov


def unpack_weights(core: ov.Core, model: ov.Model) -> None:
    """Put plain fp32 constants in the place of what the model's products unpack, other than its embeddings."""
    import_openvino()
    import openvino as ov

    packed = [
        product.input(1)
        for product in model.get_ops()
        if product.get_type_name() == "MatMul" and _is_packed(product.input_value(1).get_node())
    ]
    if not packed:
        return
    outputs = [weights.get_source_output() for weights in packed]
    unpacking = ov.Model(outputs, [], "weights")  # pyright: ignore[reportGeneralTypeIssues]: of its stubs
    numbers = core.compile_model(unpacking, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({})
    for place, weights in enumerate(packed):
        weights.replace_source_output(ov.op.Constant(numbers[place]).output(0))


def _is_packed(node: ov.Node) -> bool:
    """Whether a node is computed, and from constants alone."""
    if node.get_type_name() == "Constant":
        return False
    waiting = [node]
    while waiting:
        inputs = [port.get_node() for port in waiting.pop().input_values()]
        if not inputs:
            return False
        waiting += [found for found in inputs if found.get_type_name() != "Constant"]
    return True
