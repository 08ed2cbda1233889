"""The hard sigmoid of Keras 1 and 2 in a file of Keras 3, which has another one under that name.

Keras 3 takes any layer or model of its own as an activation. So clip(0.2 x + 0.5, 0, 1) is written as a
Rescaling by 0.2 with the offset 0.5 and a ReLU that ends at 1, and known again when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["NAME", "is_written", "written", "written_in"]

#: What maju calls it.
NAME = "hard_sigmoid_keras2"
#: The hyper-parameters that hold an activation, and those that hold a layer or a cell with one.
ACTIVATIONS = ("activation", "recurrent_activation")
WRAPPED = ("layer", "backward_layer", "cell")
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Rescaling", {"scale": 0.2, "offset": 0.5}),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.0, "threshold": 0.0}),
)


def written() -> dict[str, Any]:
    """The activation as Keras 3 can read it."""
    steps = [
        _object("keras.layers", name, {"name": f"{NAME}_{number}", **config})
        for number, (name, config) in enumerate(STEPS)
    ]
    return _object("keras", "Sequential", {"name": NAME, "trainable": True, "layers": steps})


def is_written(activation: Any) -> bool:
    """Whether an activation of a file is what `written` gives, or what Keras 3 made of it."""
    if not isinstance(activation, Mapping) or activation.get("class_name") != "Sequential":
        return False
    layers = [layer for layer in activation["config"]["layers"] if layer["class_name"] != "InputLayer"]
    return len(layers) == len(STEPS) and all(
        layer["class_name"] == name and config.items() <= layer["config"].items()
        for layer, (name, config) in zip(layers, STEPS, strict=True)
    )


def written_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer's config with this activation as Keras 3 can read it, in the layers within it too."""
    found = dict(config)
    for key in ACTIVATIONS:
        if found.get(key) == NAME:
            found[key] = written()
    for key in WRAPPED:
        if isinstance(found.get(key), Mapping):
            found[key] = {**found[key], "config": written_in(found[key]["config"])}
    if isinstance(found.get("cells"), list):
        found["cells"] = [{**cell, "config": written_in(cell["config"])} for cell in found["cells"]]
    return found


def _object(module: str, class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}
