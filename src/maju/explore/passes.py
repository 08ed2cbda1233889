"""A model run on one row of input, with every layer's call kept."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.formats.specification import TensorRef, refs_in
from maju.layers.base import Array
from maju.layers.operations import Operation
from maju.models import Model
from maju.models.inputs import flat
from maju.visualize.gates import halves_of, kind_of, tracks_of
from maju.visualize.probe import Call, watched_run
from maju.visualize.sample import sample_of
from maju.visualize.tokens import READERS, Steps, Tokens, steps_of, tokens_in

__all__ = ["Pass", "Shown"]

#: How many steps are shown; more columns with a word below each make a picture that browsers refuse.
MOST_STEPS = 340
#: Of each direction each quantity by its name, (steps, units).
Tracks = Mapping[str, Mapping[str, Array]]


@dataclass(frozen=True, eq=False)
class Shown:
    """One call of a layer, or an operation of the graph.

    Attributes:
        key: the layer's path, and behind a colon which of several calls.
        kind: its Keras class; of a Bidirectional that of its halves too.
        call: what it was given and gave; None of an operation.
        y: what it gave.
    """

    key: str
    kind: str
    call: Call | None
    y: Any

    @cached_property
    def tracks(self) -> tuple[Tracks, Array] | None:
        """The gates and states of a recurrent layer, and which steps it reads; None of others."""
        if self.call is None or not halves_of(self.call.layer):
            return None
        try:
            return tracks_of(self.call, self.key)
        except InputError:  # states that are maps
            return None


class Pass:
    """A model run on one row of input.

    Args:
        x: the input, as `Model.predict` takes it.

    Attributes:
        tokens: those of the text as it was given; None where the model reads none.
        read: those that are left.
        layers: every call in the order in which they compute, by its key.
    """

    def __init__(self, model: Model, x: Any) -> None:
        self.model, self.x = model, x
        self.sample = sample_of(model, x)
        calls = self._run({})
        readers = {path: made for path, made in calls.items() if isinstance(made[0].layer, READERS)}
        self.tokens = self.read = tokens_in(readers, self.sample)

    def without(self, dropped: Sequence[int]) -> Pass:
        """The pass without some tokens: those behind them move up, and padding takes the places left over.

        Args:
            dropped: their places.
        """
        if self.tokens is None or not dropped:
            return self
        twin = copy.copy(self)
        for kept in ("steps", "length"):
            vars(twin).pop(kept, None)
        twin.read = _without(self.tokens, set(dropped))
        before = self.layers[self.tokens.source].y
        twin._run({self.tokens.source: twin.read.ids[np.newaxis].astype(before.dtype)})
        return twin

    def _run(self, instead: Mapping[str, Array]) -> Mapping[str, Sequence[Call]]:
        """Run the model, with other ids in the place of a layer's own, and keep all calls."""
        calls, self._values = watched_run(self.model, self.sample.inputs, instead)
        self.layers = {shown.key: shown for shown in self._inside(self.model, calls, "")}
        return calls

    def _inside(self, model: Model, calls: Mapping[str, Sequence[Call]], within: str) -> Iterator[Shown]:
        """The calls of a model, those of nested models in their places."""
        entries = [(ref.layer, 0) for ref in refs_in(model.spec.inputs)]
        for name, number in [*entries, *((step.call.layer, step.index) for step in model.steps)]:
            path, node = f"{within}{name}", model.nodes[name]
            key = path if number == 0 else f"{path}:{number}"
            if isinstance(node, Model):
                if number == 0:
                    yield from self._inside(node, calls, f"{path}/")
            elif isinstance(node, Operation):
                y = self._values.get(TensorRef(name, number))
                if not within and y is not None:  # those inside are not kept
                    yield Shown(key, node.keras_class, None, y)
            elif number < len(calls.get(path, ())):
                call = calls[path][number]
                yield Shown(key, kind_of(call.layer), call, call.y)

    @cached_property
    def length(self) -> int | None:
        """How many steps the text has, or else the sequence that the first recurrent layer reads."""
        if self.read is not None:
            return len(self.read.ids)
        return next(
            (len(shown.tracks[1]) for shown in self.layers.values() if shown.tracks is not None), None
        )

    @cached_property
    def steps(self) -> Steps | None:
        """The steps that the page shows; None where there are none."""
        if self.length is None:
            return None
        all_steps = steps_of(self.length, self.read)
        return replace(
            all_steps,
            places=all_steps.places[:MOST_STEPS],
            labels=all_steps.labels[:MOST_STEPS],
            padding=all_steps.padding[:MOST_STEPS],
        )

    def places_in(self, length: int) -> Array | None:
        """Which steps of a sequence of this length are shown; None for all, if it is another sequence."""
        return self.steps.places if self.steps is not None and length == self.length else None

    @property
    def as_input(self) -> Any:
        """What gives this pass when it is given to the model, without anything put in its way.

        Raises:
            InputError: there is no such input.
        """
        if self.read is self.tokens or self.read is None:
            return self.x
        words = (word for word, off in zip(self.read.words, self.read.padding, strict=True) if not off)
        text = " ".join(word.removeprefix("[").removesuffix("]") for word in words)
        for x in (np.array([text], dtype=object), self.read.ids[np.newaxis]):
            try:
                again = Pass(self.model, x).read
            except InputError:
                continue
            if again is not None and np.array_equal(again.ids, self.read.ids):
                return x
        raise InputError("no text gives these tokens; put the words back to compare")

    def shown(self, key: Any) -> Shown:
        """The call of that key.

        Raises:
            InputError: there is none.
        """
        if str(key) not in self.layers:
            raise InputError(f"no layer {key!r}")
        return self.layers[str(key)]

    @property
    def outputs(self) -> list[tuple[TensorRef, Array]]:
        """What the model gives for the row."""
        return [(ref, np.asarray(self._values[ref])[0]) for ref in flat(self.model.spec.outputs)]


def _without(tokens: Tokens, dropped: set[int]) -> Tokens:
    """The tokens that are left; those behind a dropped one move up."""
    kept = [place for place in range(len(tokens.ids)) if place not in dropped or tokens.padding[place]]
    room = len(tokens.ids) - len(kept)
    before = room if tokens.padding[0] and not tokens.padding[-1] else 0
    ends = (before, room - before)
    return replace(
        tokens,
        words=("",) * before + tuple(tokens.words[place] for place in kept) + ("",) * ends[1],
        ids=np.pad(tokens.ids[kept], ends),
        padding=np.pad(tokens.padding[kept], ends, constant_values=True),
    )
