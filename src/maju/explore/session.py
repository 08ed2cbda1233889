"""What the page asks for: the models, a whole forward pass, one layer, one value, and what is laid over."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import numpy as np

from maju.errors import InputError, MajuError
from maju.explore.answers import (
    drawn_of,
    output_of,
    overview_of,
    picture_of,
    sample_answer,
    settings_of,
    shapes_of,
    weight_of,
    words_on,
)
from maju.explore.drawing import packed
from maju.explore.inputs import array_of, samples_of, taken_by
from maju.explore.keras_values import KerasValues
from maju.explore.passes import Pass, Shown
from maju.explore.shelf import Entry, Shelf
from maju.explore.workings import Place, work_out
from maju.layers.base import Array
from maju.layers.convolution import AnyConvolution
from maju.visualize.grad_cam import grad_cam
from maju.visualize.image import channels_are_first
from maju.visualize.probe import layers_in
from maju.visualize.token_contributions import token_contributions

__all__ = ["Session"]

#: How many passes are kept, since much is asked about each.
KEPT = 4

Request = Mapping[str, Any]


class Session:
    """The models of a server, and the passes that were asked for last; nothing else is kept.

    Args:
        shelf: the models.
        keras: what runs Keras beside maju; None where it is not installed.
    """

    def __init__(self, shelf: Shelf, keras: KerasValues | None = None) -> None:
        self.shelf, self.keras = shelf, keras
        self._passes: OrderedDict[str, Pass] = OrderedDict()
        self._lock = threading.Lock()

    # Models

    def models(self) -> dict[str, Any]:
        """The list to choose from."""
        entries = self.shelf.all
        return {
            "models": [{"key": each.key, "title": each.title, "origin": each.origin} for each in entries],
            "first": self.shelf.first,
            "keras": self.keras is not None,
        }

    def open(self, key: Any) -> dict[str, Any]:
        """A model: what it takes, its samples and classes."""
        return self.opened(self.shelf.entry(key))

    def opened(self, entry: Entry) -> dict[str, Any]:
        """What the page needs to know of an open model."""
        model = _model(entry)
        taken = taken_by(model)
        return {
            "key": entry.key,
            "title": entry.title,
            "name": model.name,
            "parameters": model.count_params(),
            "layers": sum(1 for _ in layers_in(model)),
            "keras_version": model.spec.keras_version,
            "classes": list(entry.classes) if entry.classes is not None else None,
            "takes": asdict(taken),
            "grad_cam": taken.kind == "image"
            and any(isinstance(e, AnyConvolution) for _, e in layers_in(model)),
            "samples": [sample_answer(sample) for sample in samples_of(model, taken)],
        }

    # A pass

    def pass_of(self, request: Request) -> tuple[Entry, Pass]:
        """The pass that a request is about: kept from before, or run now."""
        entry = self.shelf.entry(request.get("model"))
        whole = self._kept(request, (), lambda: Pass(_model(entry), self._x(entry, request)))
        dropped = _places(request.get("drop"))
        return entry, self._kept(request, dropped, lambda: whole.without(dropped))

    def _kept(self, request: Request, dropped: Sequence[int], run: Callable[[], Pass]) -> Pass:
        """A pass that was asked for before, or a new one."""
        asked = [request.get("model"), request.get("input"), request.get("occlude"), list(dropped)]
        key = json.dumps(asked, sort_keys=True)
        with self._lock:
            if key in self._passes:
                self._passes.move_to_end(key)
                return self._passes[key]
        found = run()
        with self._lock:
            self._passes[key] = found
            while len(self._passes) > KEPT:
                self._passes.popitem(last=False)
        return found

    def _x(self, entry: Entry, request: Request) -> Any:
        model = _model(entry)
        taken = taken_by(model)
        given = request.get("input")
        if not isinstance(given, Mapping):
            raise InputError("no input was given")
        x = array_of(model, taken, given, samples_of(model, taken))
        box = request.get("occlude")
        return x if box is None or taken.kind != "image" else _covered(model, x, box)

    def run(self, request: Request) -> dict[str, Any]:
        """The whole forward pass."""
        began = time.perf_counter()
        entry, found = self.pass_of(request)
        tokens, steps = found.tokens, found.steps
        answer = {
            "input": picture_of(found, taken_by(found.model)),
            "tokens": None if tokens is None else {"words": tokens.words, "padding": tokens.padding},
            "steps": None
            if steps is None
            else {
                "places": steps.places,
                "labels": steps.labels,
                "padding": steps.padding,
                "text": found.read is not None,
                "count": found.length,
            },
            "layers": [overview_of(found, shown) for shown in found.layers.values()],
            "outputs": [output_of(entry, found, *each, request.get("classes")) for each in found.outputs],
        }
        return {**answer, "seconds": time.perf_counter() - began}

    def layer(self, request: Request) -> dict[str, Any]:
        """One layer: its formula, shapes, settings and weights, and all of what it gave."""
        _, found = self.pass_of(request)
        shown = found.shown(request.get("layer"))
        layer = None if shown.call is None else shown.call.layer
        return {
            "key": shown.key,
            "kind": shown.kind,
            **words_on(layer),
            "given": shapes_of(None if shown.call is None else shown.call.x),
            "gives": shapes_of(shown.y),
            "settings": [] if layer is None else settings_of(layer),
            "weights": [] if layer is None else [weight_of(*each) for each in layer.weights.items()],
            "drawn": drawn_of(found, shown, whole=True),
        }

    def value(self, request: Request) -> dict[str, Any]:
        """How one value comes about: ``{"layer", "at", "step", "direction"}``."""
        entry, found = self.pass_of(request)
        shown = found.shown(request.get("layer"))
        place = _place(request)
        given = _given(shown, place)
        working = None if shown.call is None else work_out(shown.call, place)
        theirs = None
        if self.keras is not None and request.get("keras") and place.step is None:
            with suppress(MajuError):  # the switch has told why
                theirs = self.keras.value(entry, found, shown.key, place.at)
        return {
            "key": shown.key,
            "at": place.at,
            "step": place.step,
            "direction": place.direction,
            "given": given,
            "parts": None if working is None else [asdict(part) for part in working.parts],
            "value": None if working is None else working.value,
            "keras": theirs,
        }

    # Laid over

    def grad_cam(self, request: Request) -> dict[str, Any]:
        """Which places of an image speak for a class."""
        _, found = self.pass_of(request)
        cam = grad_cam(found.model, found.x, target=_target(request))
        largest = float(cam.map.max(initial=0))
        values = cam.map / largest if largest > 0 else cam.map
        if values.ndim != 2:
            raise InputError(f"layer {cam.layer!r} has no maps of two axes")
        return {"layer": cam.layer, "size": values.shape, "data": packed(values), "nothing": largest == 0}

    def contributions(self, request: Request) -> dict[str, Any]:
        """What each token of the text, as it was given, adds to a class: the output less that without it."""
        _, found = self.pass_of(request)
        added = token_contributions(found.model, found.x, method="leave_out", target=_target(request))
        return {"values": np.nan_to_num(added.values), "of": added.whole}

    def beside_keras(self, request: Request) -> dict[str, Any]:
        """The largest difference between Keras and maju, layer by layer."""
        if self.keras is None:
            raise InputError("Keras is not installed here: pip install 'maju[experiments]'")
        entry, found = self.pass_of(request)
        return self.keras.differences(entry, found)


def _model(entry: Entry) -> Any:
    assert entry.model is not None
    return entry.model


# What a request says


def _places(drop: Any) -> list[int]:
    if drop is None:
        return []
    if not isinstance(drop, list) or not all(isinstance(place, int) for place in drop):
        raise InputError("drop: expected places of tokens")
    return drop


def _place(request: Request) -> Place:
    at, step, direction = request.get("at"), request.get("step"), request.get("direction") or ""
    if not isinstance(at, list) or not all(type(i) is int and i >= 0 for i in at):
        raise InputError("at: expected a place, as [3, 4, 0]")
    if step is not None and (type(step) is not int or step < 0):
        raise InputError("step: expected the number of a step")
    return Place(tuple(at), step, str(direction))


def _given(shown: Shown, place: Place) -> float:
    """What the layer gave at a place, or a recurrent layer's state there.

    Raises:
        InputError: there is no such place.
    """
    if place.step is None:
        values: Any = np.asarray(shown.y[0] if isinstance(shown.y, (list, tuple)) else shown.y)[0]
        index: tuple[int, ...] = place.at
    else:
        tracks = (shown.tracks or ({}, None))[0].get(place.direction)
        if tracks is None:
            raise InputError(f"{shown.key!r} has no states in the direction {place.direction!r}")
        values, index = tracks["state h"], (place.step, *place.at)
    if len(index) != values.ndim or any(i >= n for i, n in zip(index, values.shape, strict=True)):
        raise InputError(f"{shown.key!r} gives the shape {values.shape}: no place {list(index)}")
    if values.dtype.kind not in "biuf":
        raise InputError(f"{shown.key!r} gives no numbers")
    return float(values[index])


def _target(request: Request) -> int | None:
    target = request.get("target")
    return int(target) if isinstance(target, int) else None


def _covered(model: Any, x: Array, box: Any) -> Array:
    """An image with a part of it covered by its mean."""
    try:
        top, left, height, width = (int(box[name]) for name in ("top", "left", "height", "width"))
    except (KeyError, TypeError, ValueError):
        raise InputError("occlude: expected top, left, height and width") from None
    rows, columns = slice(max(0, top), max(0, top + height)), slice(max(0, left), max(0, left + width))
    first = x.ndim == 4 and channels_are_first(model)
    where = (..., rows, columns) if first or x.ndim == 3 else (slice(None), rows, columns)
    mean = x.mean(axis=(2, 3) if first else (1, 2), keepdims=True)
    covered = np.array(x)
    covered[where] = mean if x.dtype.kind == "f" else np.round(mean)
    return covered
