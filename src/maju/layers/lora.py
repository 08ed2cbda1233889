"""Low-rank adaptation: layers whose kernel was changed by the product of two thin matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from maju.errors import Problem
from maju.layers.base import Array, Config, Layer, Shape

__all__ = ["AdaptableLayer"]


class AdaptableLayer(Layer):
    """A layer whose kernel K may have been adapted: it computes with K + alpha / rank · A·B.

    Keras 3 writes that sum as the kernel and leaves A and B out; a legacy ``.h5`` has all three, and the sum
    is made on reading. Either way the layer has one kernel, and is saved with it.

    Shapes:
        A: those of the kernel, with ``lora_rank`` in place of the last axis. B: (rank, last axis).

    Source: Hu et al., 2021, and `enable_lora` of Keras's layers.
    """

    #: The weight that can be adapted.
    adapted: ClassVar[str] = "kernel"
    only: ClassVar[Mapping[str, Any]] = {"lora_rank": ..., "lora_alpha": ...}

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        rank, alpha = config.get("lora_rank"), config.get("lora_alpha")
        if rank is not None and (type(rank) is not int or rank < 1):
            found.append(Problem(where, f"lora_rank={rank!r}; expected a whole number of at least 1"))
        if alpha is not None and (type(alpha) not in (int, float) or not np.isfinite(alpha)):
            found.append(Problem(where, f"lora_alpha={alpha!r}; expected a number"))
        return found

    @classmethod
    def _thin(cls) -> tuple[str, str]:
        """What Keras calls A and B."""
        return f"lora_{cls.adapted}_a", f"lora_{cls.adapted}_b"

    @classmethod
    def other_layouts(cls, config: Config, shapes: Mapping[str, Shape]) -> list[dict[str, Shape]]:
        found = super().other_layouts(config, shapes)
        if config.get("lora_rank") is None or cls.adapted not in shapes:
            return found
        # The weights that training changes come first; the kernel was frozen.
        *rest, last = shapes[cls.adapted] or (None,)
        thin: list[Shape] = [(*rest, config["lora_rank"]), (config["lora_rank"], last)]
        others = {name: shape for name, shape in shapes.items() if name != cls.adapted}
        adapted = {cls.adapted: shapes[cls.adapted]}
        return [*found, {**others, **dict(zip(cls._thin(), thin, strict=True)), **adapted}]

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        arrays = dict(weights or {})
        a, b = (arrays.pop(name, None) for name in cls._thin())
        if a is not None and b is not None:
            rank, kernel = config["lora_rank"], arrays[cls.adapted]
            alpha = rank if config.get("lora_alpha") is None else config["lora_alpha"]
            change = np.asarray(alpha / rank, kernel.dtype) * (a @ b)
            arrays[cls.adapted] = kernel + change.astype(kernel.dtype)
        return super().from_config(config, arrays)
