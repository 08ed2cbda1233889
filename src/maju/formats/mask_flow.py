"""Which tensors of a graph may have a mask: what older Keras did otherwise with masks matters there alone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

from maju.formats.recurrent_calls import RECURRENT
from maju.formats.specification import CallSpec, LayerSpec, ModelSpec, TensorRef, refs_in
from maju.formats.versions import MERGING
from maju.layers import registry
from maju.layers.base import Layer

__all__ = ["without_idle_settings"]

#: The hyper-parameters beyond Keras 3 that say what becomes of a mask.
OF_ANY_MASK = ("inner_masks", "passes_mask", "sees_masks", "zero_output_for_mask")
OF_SEVERAL_MASKS = ("mask_of",)
#: Layers that make masks.
MAKERS = ("Embedding", "Masking", "ReversibleEmbedding")
#: The layers that have such settings.
WITH_SETTINGS = (
    *MERGING,
    *("Bidirectional", "Identity", "MultiHeadAttention", "Normalization", "Rescaling"),
    *("Softmax", "TimeDistributed"),
)
#: Layers that hand the mask of their first tensor on, though they look at it.
HANDING_ON = ("AdditiveAttention", "Attention", "Identity", "Softmax")
#: A file may list its calls in any order; this is how often the list is gone through, at most.
MOST_ROUNDS = 50

#: The mask of a tensor: None, or a name that equal masks share.
Mask = Hashable
#: Whether an output of a nested model may have a mask, by the model's identity and what its inputs have.
#: A model that is called twice, and holds one that is called twice, and so on, is thereby gone through once.
Known = dict[tuple[int, bool], bool]


def without_idle_settings(spec: ModelSpec, outer: bool = True, known: Known | None = None) -> ModelSpec:
    """The graph without settings of how older versions treated masks, where no mask comes that tells.

    Args:
        outer: whether it is no nested model, whose inputs may bring masks along.
        known: what was found of nested models so far.
    """
    known = {} if known is None else known
    masks = _masks(spec, outer, known)
    flat = _of_whole_steps(spec)
    by_layer: dict[str, list[CallSpec]] = {}
    for call in spec.calls:
        by_layer.setdefault(call.layer, []).append(call)
    layers = []
    for layer in spec.layers:
        arriving = [_arriving(call, masks) for call in by_layer.get(layer.name, [])]
        model = layer.model
        if model is not None:
            free = all(mask is None for several in arriving for mask in several)
            if layer.config.get("inner_masks") and _may_give_masks(model, free, known):
                layer = replace(layer, config={**layer.config, "inner_masks": "those of a model"})
            nested = without_idle_settings(model, free, known)
            layer = replace(layer, model=nested)
        idle = _idle(layer, arriving, known, flat)
        config = {key: value for key, value in layer.config.items() if key not in idle}
        layers.append(replace(layer, config=config) if idle else layer)
    return replace(spec, layers=tuple(layers))


def _idle(layer: LayerSpec, arriving: list[list[Mask]], known: Known, flat: set[Mask]) -> set[str]:
    """The settings of a layer that make no difference for the masks that arrive.

    Args:
        flat: the masks that have one value for each row and step.
    """
    of_softmax = ("empty_rows",) if layer.class_name == "Softmax" else ()
    own = {key for key in (*OF_ANY_MASK, *OF_SEVERAL_MASKS, *of_softmax) if key in layer.config}
    if not own or layer.class_name not in WITH_SETTINGS:
        return set()
    if layer.class_name == "TimeDistributed" and _held_makes_masks(layer, known):
        return set()
    if all(mask is None for masks in arriving for mask in masks):
        return own
    if layer.class_name == "TimeDistributed" and _hands_on_a_mask(layer) and flat.issuperset(*arriving):
        return own
    if all(len(set(masks)) <= 1 for masks in arriving):
        return own & set(OF_SEVERAL_MASKS)
    return set()


def _hands_on_a_mask(layer: LayerSpec) -> bool:
    """Whether the layer inside a TimeDistributed hands the mask of a step on as it is."""
    held = layer.config.get("layer")
    name = str(held.get("class_name")) if isinstance(held, Mapping) else ""
    cls = registry.find(name) if registry.is_own(name) else None
    return cls is not None and cls.masking == "passes" and cls.compute_mask is Layer.compute_mask


def _of_whole_steps(spec: ModelSpec) -> set[Mask]:
    """The masks that are made of the model's input and have one value for each row and step; and None."""
    layers = {layer.name: layer for layer in spec.layers}
    found: set[Mask] = {None}
    counts: dict[str, int] = {}
    for call in spec.calls:
        index = counts[call.layer] = counts.get(call.layer, -1) + 1
        maker = layers.get(call.layer)
        refs = list(refs_in(call.args))
        source = layers.get(refs[0].layer) if len(refs) == 1 else None
        if maker is None or maker.class_name not in MAKERS or source is None:
            continue
        shape = source.config.get("batch_shape") if source.class_name == "InputLayer" else None
        if isinstance(shape, list) and len(shape) == (3 if maker.class_name == "Masking" else 2):
            found.add(TensorRef(call.layer, index))
    return found


def _held_makes_masks(layer: LayerSpec, known: Known) -> bool:
    """Whether the layer inside a TimeDistributed may make a mask."""
    if layer.model is not None:
        return _may_give_masks(layer.model, True, known)
    held = layer.config.get("layer")
    return isinstance(held, Mapping) and held.get("class_name") in (*MAKERS, "TimeDistributed")


def _arriving(call: CallSpec, masks: Mapping[TensorRef, Mask]) -> list[Mask]:
    """The masks of all tensors that a call is given, and those that it names."""
    tensors = {key: value for key, value in call.kwargs.items() if key != "mask"}
    named = refs_in(call.kwargs.get("mask"))
    return [*(masks.get(ref, ref) for ref in refs_in([call.args, tensors])), *named]


def _masks(spec: ModelSpec, outer: bool, known: Known) -> dict[TensorRef, Mask]:
    """The mask of each tensor, as far as it is known; what is left out may have one of its own."""
    layers = {layer.name: layer for layer in spec.layers}
    flat = _of_whole_steps(spec)
    found: dict[TensorRef, Mask] = {ref: None if outer else ref for ref in refs_in(spec.inputs)}
    outputs: dict[str, set[int]] = {}
    for ref in refs_in([spec.outputs, [(call.args, call.kwargs) for call in spec.calls]]):
        outputs.setdefault(ref.layer, {0}).add(ref.output)
    for _ in range(MOST_ROUNDS):
        before = len(found)
        counts: dict[str, int] = {}
        for call in spec.calls:
            index = counts[call.layer] = counts.get(call.layer, -1) + 1
            ref = TensorRef(call.layer, index)
            arriving = list(refs_in([call.args, call.kwargs]))
            if ref in found or call.layer not in layers or any(one not in found for one in arriving):
                continue
            mask = _mask(layers[call.layer], ref, [found[one] for one in arriving], known, flat)
            for output in outputs.get(call.layer, {0}):
                one = replace(ref, output=output)
                found[one] = mask if output == 0 or mask is None else one
        if len(found) == before:
            break
    return found


def _mask(layer: LayerSpec, ref: TensorRef, masks: list[Mask], known: Known, flat: set[Mask]) -> Mask:
    """The mask of the first output of a call, given those of its tensors."""
    if layer.operation:
        return None
    if layer.class_name in MAKERS:
        makes = layer.class_name == "Masking" or bool(layer.config.get("mask_zero"))
        return ref if makes else None
    if layer.model is not None:
        free = all(mask is None for mask in masks)
        return ref if _may_give_masks(layer.model, free, known) else None
    cls = layer.cls
    if cls is None or layer.custom:
        return ref
    if layer.class_name == "TimeDistributed" and _held_makes_masks(layer, known):
        return ref
    if all(mask is None for mask in masks) or cls.masking == "drops":
        return None
    if layer.config.get("passes_mask") is False or (
        layer.class_name == "MultiHeadAttention" and layer.config.get("sees_masks") is False
    ):
        return None
    if layer.class_name == "TimeDistributed" and layer.config.get("inner_masks"):
        return masks[0] if _hands_on_a_mask(layer) and masks[0] in flat else ref
    if cls.masking == "passes" or layer.class_name in HANDING_ON:
        return masks[0]
    if layer.class_name in RECURRENT:
        held = layer.config.get("layer") if layer.class_name == "Bidirectional" else {"config": layer.config}
        sequences = isinstance(held, Mapping) and held["config"].get("return_sequences")
        return masks[0] if sequences else None
    if layer.class_name in MERGING and len(set(masks)) == 1:
        return masks[0]
    return None if layer.class_name == "GlobalAveragePooling1D" else ref


def _may_give_masks(spec: ModelSpec, free: bool, known: Known) -> bool:
    """Whether an output of a nested model may have a mask; `free` tells that none comes with its inputs."""
    key = id(spec), free
    if key not in known:
        masks = _masks(spec, free, known)
        known[key] = any(masks.get(ref, ref) is not None for ref in refs_in(spec.outputs))
    return known[key]
