"""The page of the guide that says which of Keras's layers and operations maju has: `make tables` writes it.

The list is that of the installed Keras, the answers are maju's own.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from maju.formats.specification import LayerSpec
from maju.layers import operations, registry
from maju.layers.image_augmentation import ImageAugmentation
from maju.layers.random_transformation import RandomTransformation
from maju.layers.rnn import RNNLayer
from maju.models.build import refusal

__all__ = ["PAGE", "layer_rows", "operation_names", "page"]

PAGE = Path(__file__).parent.parent / "docs" / "supported-layers.md"
#: What `keras.layers` holds beside layers, and its classes that others are made of.
NO_LAYERS = ("InputSpec",)
#: The modules of `keras.src.ops` that hold operations.
MODULES = ("core", "einops", "image", "linalg", "math", "nn", "numpy")
BASES = ("Layer", "Wrapper")
HEAD = """# Which layers are there

Made by `make tables` from the list of Keras {version}; a test fails when Keras has a layer that is not here.
The layers that older Keras had and Keras 3 has not (`LocallyConnected1D`, `ThresholdedReLU`, the cuDNN
variants, those that Keras 1 named otherwise) are read too, and a hyper-parameter that maju does not have is
refused by its name.

## Layers

| `keras.layers` | maju | |
| --- | --- | --- |
"""
OPERATIONS = """
## Operations

The functions of `keras.ops` that stand between the layers of a functional model, by the names of their
classes, which a file holds. maju has {count}:

{names}
"""
REFUSED = """
It refuses {count}, by name: those that run functions of their author's, whose output's shape depends on
values, and some that no model was seen with:

{names}
"""


def layer_rows() -> Iterator[tuple[str, str, str]]:
    """Each class of `keras.layers`: its name, whether maju has it, and what there is to know."""
    for name, thing in sorted(vars(keras.layers).items()):
        if inspect.isclass(thing) and name not in NO_LAYERS:
            yield name, *_layer(name, thing)


def _layer(name: str, keras_class: Any) -> tuple[str, str]:
    class_name = keras_class.__name__
    own = registry.known().get(class_name) or registry.known().get(name)
    if name != class_name and getattr(keras.layers, class_name, None) is keras_class:
        return "yes" if own else "refused", f"another name of `{class_name}`"
    if class_name in RNNLayer.cells:
        return "yes", "in an RNN" if own is None else ""
    if name in BASES:
        return "–", "a base class, which stands in no file"
    if own is None:
        problem = refusal(LayerSpec(class_name, "layer", {}))
        return "refused", f"{problem.what} ({problem.way_out})" if problem.way_out else problem.what
    if issubclass(own, RandomTransformation):
        return "yes", "draws in training, hands its input on in inference"
    return "yes", "hands its input on in inference; refused in training" if issubclass(
        own, ImageAugmentation
    ) else ""


def operation_names() -> tuple[list[str], list[str]]:
    """The operations of Keras by their classes: those that maju has, and the others."""
    modules = [importlib.import_module(f"keras.src.ops.{name}") for name in MODULES]
    names = {
        name
        for module in modules
        for name, thing in vars(module).items()
        if inspect.isclass(thing)
        and issubclass(thing, keras.Operation)
        and thing.__module__ == module.__name__
    }
    has = sorted(names & operations.known().keys())
    return has, sorted(names - operations.known().keys())


def page() -> str:
    """The page's text."""
    head = HEAD.format(version=".".join(keras.__version__.split(".")[:2]))
    layers = "\n".join(f"| `{name}` | {answer} | {note} |" for name, answer, note in layer_rows())
    has, has_not = operation_names()
    return (
        f"{head}{layers}\n"
        + OPERATIONS.format(count=len(has), names=_list(has))
        + REFUSED.format(count=len(has_not), names=_list(has_not))
    )


def _list(names: list[str]) -> str:
    return textwrap.fill(", ".join(f"`{name}`" for name in names), 120, break_long_words=False)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
