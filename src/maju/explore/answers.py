"""What the server's answers hold: pictures of layers and weights, shapes, words and numbers as plain data."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from maju.explore.drawing import as_json, drawn
from maju.explore.inputs import Sample, Taken
from maju.explore.passes import Pass, Shown
from maju.explore.shelf import Entry
from maju.explore.workings import explanation_of
from maju.layers.base import Array, Layer
from maju.visualize.gates import ORDER
from maju.visualize.image import as_picture, channels_are_first

__all__ = [
    "drawn_of",
    "encoded",
    "output_of",
    "overview_of",
    "picture_of",
    "sample_answer",
    "settings_of",
    "shapes_of",
    "weight_of",
    "words_on",
]

#: How many values of an output are told.
MOST_VALUES = 1000
#: How long a hyper-parameter may be in the list.
MOST_LETTERS = 60


def sample_answer(sample: Sample) -> dict[str, Any]:
    """A sample to choose."""
    if sample.pixels is None:
        return {"title": sample.title, "text": sample.text}
    height, width, _ = sample.pixels.shape
    return {"title": sample.title, "height": height, "width": width, "data": _base64(sample.pixels)}


def _base64(pixels: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels, np.uint8).tobytes()).decode("ascii")


def picture_of(found: Pass, taken: Taken) -> dict[str, Any]:
    """The image that went in; nothing for other inputs."""
    if taken.kind != "image":
        return {"kind": taken.kind}
    picture = as_picture(np.asarray(found.x)[0], channels_are_first(found.model))
    colours = np.repeat(picture[..., np.newaxis], 3, axis=-1) if picture.ndim == 2 else picture
    height, width = colours.shape[:2]
    return {"kind": "image", "height": height, "width": width, "data": _base64(np.round(colours * 255))}


def overview_of(found: Pass, shown: Shown) -> dict[str, Any]:
    """A layer in the flow."""
    call = shown.call
    return {
        "key": shown.key,
        "kind": shown.kind,
        "parameters": 0 if call is None else call.layer.count_params(),
        "given": shapes_of(None if call is None else call.x),
        "gives": shapes_of(shown.y),
        "masked": call is not None and call.mask is not None,
        "of_text": _is_of_text(found, shown),
        "drawn": drawn_of(found, shown),
        "tracks": _tracks(found, shown),
    }


def _is_of_text(found: Pass, shown: Shown) -> bool:
    y = shown.y[0] if isinstance(shown.y, (list, tuple)) and shown.y else shown.y
    return np.ndim(y) == 3 and found.places_in(np.shape(y)[1]) is not None


def drawn_of(found: Pass, shown: Shown, whole: bool = False) -> dict[str, Any]:
    """What a call gave, as `drawing.drawn` says; of several arrays the first."""
    y = shown.y[0] if isinstance(shown.y, (list, tuple)) and shown.y else shown.y
    places = found.places_in(np.shape(y)[1]) if np.ndim(y) == 3 else None
    return drawn(None if shown.call is None else shown.call.layer, shown.y, places, whole)


def _tracks(found: Pass, shown: Shown) -> dict[str, Any] | None:
    """The gates and states of a recurrent layer, (units, shown steps) each, in the order of the formulas."""
    if shown.tracks is None:
        return None
    tracks, read = shown.tracks
    chosen = found.places_in(len(read))
    places = np.arange(len(read)) if chosen is None else chosen
    return {
        "places": places,
        "of_text": chosen is not None,
        "read": read[places],
        "count": len(read),
        "directions": {
            direction: {name: drawn(None, track[name][places][np.newaxis]) for name in ORDER if name in track}
            for direction, track in tracks.items()
        },
    }


def output_of(entry: Entry, found: Pass, ref: Any, y: Array, classes: Any) -> dict[str, Any]:
    """One output of the model, with the classes' names where it has classes."""
    activation = found.model.activation_of(ref)
    values = y.reshape(-1)[:MOST_VALUES].astype(np.float64)
    probabilities = activation in ("softmax", "sigmoid") and y.ndim == 1
    if activation == "sigmoid" and y.shape == (1,):
        values = np.array([1 - values[0], values[0]])
    given = classes if isinstance(classes, list) else entry.classes
    names = [str(name) for name in given] if given is not None and len(given) == len(values) else None
    return {
        "name": ref.layer,
        "kind": "probabilities" if probabilities else "values",
        "shape": y.shape,
        "values": values,
        "labels": names or [str(i) for i in range(len(values))],
        "named": names is not None,
        "exclusive": activation == "softmax" or y.shape == (1,),
    }


def shapes_of(value: Any) -> list[list[int]]:
    """The shapes of one row of each array."""
    if value is None:
        return []
    arrays = value if isinstance(value, (list, tuple)) else [value]
    return [list(np.shape(array)[1:]) for array in arrays if array is not None]


def words_on(layer: Layer | None) -> dict[str, Any]:
    """The formula of a layer, and a sentence on it: from its working, or else from its docstring."""
    if layer is None:
        return {"formula": "", "words": {}}
    found = explanation_of(layer)
    if found is not None:
        return {"formula": found.formula, "words": found.words}
    first = (type(layer).__doc__ or "").strip().split("\n\n")[0]
    return {"formula": "", "words": {"en": " ".join(first.split())}}


def settings_of(layer: Layer) -> list[tuple[str, str]]:
    """The hyper-parameters that say something, as text."""
    config = {**layer.get_config()}
    inner = getattr(layer, "cell", None)
    if inner is not None:
        config |= inner.get_config()
    names = [*layer.hyper_parameters, *getattr(inner, "hyper_parameters", ())]
    found = []
    for name in dict.fromkeys(names):
        value = config.get(name)
        if value is None or isinstance(value, (dict, np.ndarray)) or name in ("seed", "vocabulary"):
            continue
        text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        found.append((name, text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"))
    return found


def weight_of(name: str, values: Array) -> dict[str, Any]:
    """A weight: its shape, what its numbers are like, and a picture of them.

    Of a kernel that slides, one tile a filter is shown, of the channel that weighs most in it.
    """
    numbers = np.asarray(values)
    found: dict[str, Any] = {"name": name, "shape": numbers.shape}
    if numbers.dtype.kind not in "biuf" or numbers.size == 0:
        return found
    wide = numbers.astype(np.float64)
    found |= {"least": wide.min(), "mean": wide.mean(), "most": wide.max(), "deviation": wide.std()}
    picture = numbers.reshape(-1) if numbers.ndim < 2 else numbers
    if numbers.ndim > 2:
        weight = np.abs(wide).sum(axis=tuple(range(numbers.ndim - 2)))  # (channels, filters)
        most = weight.argmax(axis=0)
        picture = np.stack([numbers[..., c, f] for f, c in enumerate(most.tolist())], axis=-1)
        if picture.ndim == 2:
            picture = picture[np.newaxis]
    elif numbers.ndim == 2:
        picture = numbers.T  # each column of a matrix is what one output is made of
    return {**found, "drawn": drawn(None, picture[np.newaxis])}


def encoded(answer: Any) -> bytes:
    """An answer as JSON."""
    return json.dumps(as_json(answer), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
