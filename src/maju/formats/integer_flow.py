"""Where whole numbers flow in a graph: what a layer of older Keras did with them is idle where none come."""

from __future__ import annotations

from dataclasses import replace

from maju.formats.specification import LayerSpec, ModelSpec, refs_in

__all__ = ["MAKERS", "WHOLE", "without_idle_integers"]

#: The hyper-parameter that says what became of whole numbers.
SETTING = "integers"
#: Layers that give floating-point numbers whatever they are given.
FLOATING = (
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "Dense",
    "DepthwiseConv2D",
    "Embedding",
    "Normalization",
    "Rescaling",
    "SeparableConv2D",
)
WHOLE = ("int", "uint", "bool")
#: Layers and operations, TensorFlow's functions among them, that may give whole numbers whatever comes in.
MAKERS = (
    *("Arange", "Argmax", "Argmin", "Argsort", "Bincount", "Cast", "CountNonzero"),
    *("Digitize", "SearchSorted", "TopK", "UnravelIndex", "View"),
    *("CategoryEncoding", "Discretization", "HashedCrossing", "Hashing"),
    *("IntegerLookup", "StringLookup", "TextVectorization"),
    *("SlicingOpLambda", "TFOpLambda", "TensorFlowOpLayer"),
)


def without_idle_integers(spec: ModelSpec) -> ModelSpec:
    """The graph without the setting at layers to which no whole numbers can come."""
    if all(SETTING not in layer.config and layer.model is None for layer in spec.layers):
        return spec
    classes = {layer.name: layer.class_name for layer in spec.layers}
    readers: dict[str, set[str]] = {}
    for call in spec.calls:
        for ref in refs_in([call.args, call.kwargs]):
            readers.setdefault(ref.layer, set()).add(call.layer)
    inputs = [layer for layer in spec.layers if layer.class_name == "InputLayer"]
    giving = [layer.name for layer in inputs if str(layer.config.get("dtype")).startswith(WHOLE)]
    giving += [layer.name for layer in spec.layers if layer.class_name in MAKERS]
    fed: set[str] = set()  # the layers to which whole numbers may come
    while giving:
        found = readers.get(giving.pop(), set()) - fed
        fed |= found
        giving += [name for name in found if classes.get(name) not in FLOATING]
    return replace(spec, layers=tuple(_kept(layer, layer.name in fed) for layer in spec.layers))


def _kept(layer: LayerSpec, fed: bool) -> LayerSpec:
    if layer.model is not None:
        layer = replace(layer, model=without_idle_integers(layer.model))
    if fed or SETTING not in layer.config:
        return layer
    return replace(layer, config={key: value for key, value in layer.config.items() if key != SETTING})
