"""Arrays as the page draws them: laid out, cut to a size, and packed."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from maju.layers.base import Array, Layer
from maju.visualize.style import limits

__all__ = ["as_json", "drawn", "packed"]

#: How many steps are shown of a sequence that is not the text's.
MOST_STEPS = 1024
#: How many channels, and how many values of a layer, an overview shows and a layer by itself.
MOST_CHANNELS, MOST_VALUES = {False: 64, True: 256}, {False: 1 << 16, True: 1 << 20}


def packed(values: Array) -> str:
    """Numbers as little-endian float32 in base64, which the page reads without parsing."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def as_json(value: Any) -> Any:
    """Plain data for JSON; numbers that are not finite become text, as ``"NaN"``, which JavaScript reads."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def drawn(layer: Layer | None, y: Any, places: Array | None = None, whole: bool = False) -> dict[str, Any]:
    """What a layer gave for a row, as a picture's numbers.

    Args:
        y: (1, ...), or a list of such, of which the first is shown.
        places: the steps of the sequence that are shown, if the second axis is of these.
        whole: whether it is the layer's own view, which shows more than the overview.

    Returns:
        ``form``: "maps" (channels, rows, columns), "steps" (features, steps), "vector", or "none"; with
        ``data`` in that order, packed, its ``size``, the limits of its colours, and the whole ``shape``.
    """
    outputs = len(y) if isinstance(y, (list, tuple)) else 1
    value = y[0] if isinstance(y, (list, tuple)) and y else y
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf" or value.size == 0:
        return {"form": "none", "shape": list(np.shape(value))[1:], "outputs": outputs}
    row = value[0]
    found: dict[str, Any] = {"shape": list(row.shape), "outputs": outputs}
    if row.ndim <= 1:
        cut = row.reshape(-1)[: MOST_VALUES[whole]]
        return {**found, "form": "vector", "size": [len(cut)], **_packed(cut)}
    first = getattr(layer, "data_format", "") == "channels_first"
    channels = np.moveaxis(row, 0 if first else -1, 0)  # (channels, places ...)
    if row.ndim == 2:
        chosen = np.arange(channels.shape[1])[:MOST_STEPS] if places is None else places
        cut = channels[: MOST_CHANNELS[True], chosen]
        return {**found, "form": "steps", "first": first, "size": list(cut.shape), **_packed(cut)}
    cut = channels[: MOST_CHANNELS[whole]]
    middle: list[int] = []
    while cut.ndim > 3:
        middle.append(cut.shape[1] // 2)
        cut = cut[:, middle[-1]]
    stride = 1
    while math.prod(cut[:, ::stride, ::stride].shape) > MOST_VALUES[whole]:
        stride += 1
    cut = cut[:, ::stride, ::stride]
    dead = [int(c) for c in np.flatnonzero(~cut.reshape(len(cut), -1).any(axis=1))]
    return {
        **found,
        "form": "maps",
        "first": first,
        "size": list(cut.shape),
        "stride": stride,
        "middle": middle,
        "channels": len(channels),
        "dead": dead,
        **_packed(cut),
    }


def _packed(values: Array) -> dict[str, Any]:
    low, high, signed = limits(values)
    return {"data": packed(values), "low": low, "high": high, "signed": signed}
