"""Identity: what comes in goes out."""

from __future__ import annotations

from typing import Any

from maju.layers.base import Backward, Layer
from maju.layers.registry import layer

__all__ = ["IdentityLayer"]


@layer
class IdentityLayer(Layer):
    """Hand x on as it is: y = x.

    Shapes:
        x and y: the same, any; a list of tensors stays one.

    Attributes:
        passes_mask: whether the mask is handed on too; it was not before Keras 3.

    Source: `keras.layers.Identity`.
    """

    keras_class = "Identity"
    masking = "uses"
    hyper_parameters = ("passes_mask",)
    choices = {"passes_mask": (True, False)}
    beyond_keras = {"passes_mask": True}

    def __init__(self, *, passes_mask: bool = True, name: str | None = None) -> None:
        super().__init__(name)
        self.passes_mask = passes_mask

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        return x

    def vjp(self, x: Any, training: bool = True, mask: Any = None) -> tuple[Any, Backward]:
        return x, lambda dy: (dy, {})

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return mask if self.passes_mask else None
