"""The activations that a file of Keras 3 does not hold as a plain name.

The hard sigmoid of Keras 1 and 2, of which Keras 3 has another one under that name: it takes any layer or
model of its own as an activation, so clip(0.2 x + 0.5, 0, 1) is written as a Rescaling by 0.2 with the offset
0.5 and a ReLU that ends at 1, and known again when it is read.

The functions of models' authors, which Keras 3 finds again where they are written as objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maju.layers import activations

__all__ = ["HARD_SIGMOID", "is_hard_sigmoid", "written_in"]

#: What maju calls the hard sigmoid of Keras 1 and 2.
HARD_SIGMOID = "hard_sigmoid_keras2"
#: The hyper-parameters that hold an activation, and those that hold a layer or a cell with one.
ACTIVATIONS = ("activation", "recurrent_activation")
WRAPPED = ("layer", "backward_layer", "cell")
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Rescaling", {"scale": 0.2, "offset": 0.5}),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.0, "threshold": 0.0}),
)


def _written(name: Any) -> Any:
    """An activation as Keras 3 can read it."""
    if name == HARD_SIGMOID:
        steps = [
            _object("keras.layers", name, {"name": f"{HARD_SIGMOID}_{number}", **config})
            for number, (name, config) in enumerate(STEPS)
        ]
        return _object("keras", "Sequential", {"name": HARD_SIGMOID, "trainable": True, "layers": steps})
    if isinstance(name, Mapping) and "module" not in name:  # a layer, in a file of Keras 1 or 2
        return _object("keras.layers", name["class_name"], name["config"])
    if isinstance(name, str) and not activations.is_own(name):
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    return name


def is_hard_sigmoid(activation: Any) -> bool:
    """Whether an activation of a file is the hard sigmoid as written here, or as Keras 3 wrote it again."""
    if not isinstance(activation, Mapping) or activation.get("class_name") != "Sequential":
        return False
    layers = [layer for layer in activation["config"]["layers"] if layer["class_name"] != "InputLayer"]
    return len(layers) == len(STEPS) and all(
        layer["class_name"] == name and config.items() <= layer["config"].items()
        for layer, (name, config) in zip(layers, STEPS, strict=True)
    )


def written_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer's config with its activations as Keras 3 can read them, in the layers within it too."""
    found = dict(config)
    for key in ACTIVATIONS:
        if key in found:
            found[key] = _written(found[key])
    for key in WRAPPED:
        if isinstance(found.get(key), Mapping):
            found[key] = {**found[key], "config": written_in(found[key]["config"])}
    if isinstance(found.get("cells"), list):
        found["cells"] = [{**cell, "config": written_in(cell["config"])} for cell in found["cells"]]
    return found


def _object(module: str, class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}
