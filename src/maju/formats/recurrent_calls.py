"""How versions of Keras write the states that a recurrent layer starts from."""

from __future__ import annotations

from maju.errors import Problem, UnsupportedModelError
from maju.formats.specification import CallSpec, LayerSpec, ModelSpec

__all__ = ["as_keras3_writes", "with_states_named"]

RECURRENT = (
    "SimpleRNN",
    "LSTM",
    "GRU",
    "RNN",
    "Bidirectional",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
)


def with_states_named(call: CallSpec, layer: LayerSpec) -> CallSpec:
    """A call of a recurrent layer with its states as ``initial_state``, also where Keras 3 left out the name.

    A list of the sequence and the states, which Keras 1 and 2 wrote, stays one: there the layer sees the
    mask of the sequence, and with ``initial_state`` in Keras 3 it does not.
    """
    if layer.class_name not in RECURRENT or layer.custom:
        return call
    kwargs = dict(call.kwargs)
    if kwargs.get("constants") is None:
        kwargs.pop("constants", None)  # an argument of Keras 2 that Keras 3 does not know
    if len(call.args) != 2:
        return CallSpec(call.layer, call.args, kwargs)
    sequence, states = call.args
    return CallSpec(call.layer, (sequence,), {**kwargs, "initial_state": states})


def as_keras3_writes(call: CallSpec, layer: LayerSpec, spec: ModelSpec) -> CallSpec:
    """A call of a recurrent layer with its states as ``initial_state``, where Keras 1 and 2 wrote a list.

    Raises:
        UnsupportedModelError: the layer may see a mask, of which Keras 3 would lose sight.
    """
    listed = len(call.args) == 1 and isinstance(call.args[0], (list, tuple))
    if layer.class_name not in RECURRENT or not listed:
        return call
    sequence, *states = call.args[0]
    if not states:
        return CallSpec(call.layer, (sequence,), call.kwargs)
    if "mask" not in call.kwargs and _may_make_masks(spec):
        reason = "Keras 3 leaves out the mask of a sequence that is read from states on"
        way_out = "save the model as .safetensors, which maju opens"
        raise UnsupportedModelError([Problem(layer.where, reason, way_out)])
    return CallSpec(call.layer, (sequence,), {**call.kwargs, "initial_state": states})


def _may_make_masks(spec: ModelSpec) -> bool:
    """Whether any tensor of a graph may have a mask."""
    return any(
        layer.class_name == "Masking"
        or (layer.class_name == "Embedding" and bool(layer.config.get("mask_zero")))
        or (layer.model is not None and _may_make_masks(layer.model))
        for layer in spec.layers
    )
