"""Bidirectional: a recurrent layer that reads a sequence both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from maju.errors import ModelFormatError, Problem
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.lstm import LSTMLayer
from maju.layers.recurrent import RecurrentLayer
from maju.layers.registry import find, layer
from maju.layers.simple_rnn import SimpleRNNLayer

__all__ = ["BidirectionalLSTMLayer", "BidirectionalLayer", "BidirectionalRNNLayer"]


@layer
class BidirectionalLayer(Layer):
    """Read a sequence forwards with one recurrent layer and backwards with another, and merge the outputs.

    y = merge(forward(x), backward(x)), where merge is concat, sum, mul, ave, or None for a list of both

    Without ``return_sequences`` each half gives its last output: the backward one's is that after the
    *first* token, the last that it reads. With it, the backward half's outputs are put into the order of
    time first, so that step t of y holds both outputs at token t, and masked steps give zeros.

    Shapes:
        x: (batch, time, inputs). mask: (batch, time) of bool.
        y: as the halves' outputs; "concat" doubles the last axis.

    Attributes:
        forward_layer, backward_layer: the halves, recurrent layers of their own.

    Source: Schuster & Paliwal, 1997, and `keras.layers.Bidirectional`.
    """

    keras_class = "Bidirectional"
    masking = "uses"
    hyper_parameters = ("merge_mode", "layer", "backward_layer")
    choices = {"merge_mode": ("concat", "sum", "mul", "ave", None)}
    #: The kind of layer that the halves are.
    half_class: ClassVar[type[RecurrentLayer]] = RecurrentLayer

    def __init__(
        self,
        forward_layer: RecurrentLayer,
        backward_layer: RecurrentLayer,
        *,
        merge_mode: str | None = "concat",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        for half in (forward_layer, backward_layer):
            if not isinstance(half, self.half_class):
                raise ValueError(f"each half must be a {self.half_class.__name__}, not {half!r}")
        if forward_layer.go_backwards is backward_layer.go_backwards:
            raise ValueError("the halves must read in opposite directions: one with go_backwards=True")
        if forward_layer.return_sequences is not backward_layer.return_sequences:
            raise ValueError("both halves must agree on return_sequences")
        for half in (forward_layer, backward_layer):
            half.zero_output_for_mask = half.return_sequences  # as in Keras, whatever the half itself says
        self.forward_layer = forward_layer
        self.backward_layer = backward_layer
        self.merge_mode = merge_mode

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> Any:
        ahead = self.forward_layer.forward(x, training, mask)
        back = self.backward_layer.forward(x, training, mask)
        return self._merge(ahead, self._in_time(back))

    def _in_time(self, back: Array) -> Array:
        """The backward half's outputs in the order of time, or back from it."""
        return back[:, ::-1] if self.backward_layer.return_sequences else back

    def _merge(self, ahead: Array, back: Array) -> Any:
        if self.merge_mode == "concat":
            return np.concatenate([ahead, back], axis=-1)
        if self.merge_mode == "sum":
            return ahead + back
        if self.merge_mode == "mul":
            return ahead * back
        if self.merge_mode == "ave":
            return (ahead + back) / 2
        return [ahead, back]

    def _merge_back(self, ahead: Array, back: Array, dy: Any) -> tuple[Array, Array]:
        """What the gradient of the merged output sends back to each half."""
        if self.merge_mode == "concat":
            width = ahead.shape[-1]
            return dy[..., :width], dy[..., width:]
        if self.merge_mode == "sum":
            return dy, dy
        if self.merge_mode == "mul":
            return dy * back, dy * ahead
        if self.merge_mode == "ave":
            return dy / 2, dy / 2
        d_ahead, d_back = dy
        return d_ahead, d_back

    def vjp(self, x: Array, training: bool = True, mask: Array | None = None) -> tuple[Any, Backward]:
        ahead, ahead_backward = self.forward_layer.vjp(x, training, mask)
        back, back_backward = self.backward_layer.vjp(x, training, mask)
        back = self._in_time(back)

        def backward(dy: Any) -> tuple[Array, Gradients]:
            d_ahead, d_back = self._merge_back(ahead, back, dy)
            dx_ahead, of_ahead = ahead_backward(d_ahead)
            dx_back, of_back = back_backward(self._in_time(d_back))
            gradients = {f"forward_layer/{name}": gradient for name, gradient in of_ahead.items()}
            gradients |= {f"backward_layer/{name}": gradient for name, gradient in of_back.items()}
            return dx_ahead + dx_back, gradients

        return self._merge(ahead, back), backward

    def compute_mask(self, x: Array, mask: Array | None = None) -> Any:
        kept = self.forward_layer.compute_mask(x, mask)
        return [kept, kept] if self.merge_mode is None else kept

    def output_shape(self, input_shape: Shape) -> Any:
        ahead = self.forward_layer.output_shape(input_shape)
        back = self.backward_layer.output_shape(input_shape)
        if self.merge_mode == "concat":
            width = self.forward_layer.cell.units + self.backward_layer.cell.units
            return (*ahead[:-1], width)
        return [ahead, back] if self.merge_mode is None else ahead

    # The halves: what files hold of them, and back

    @classmethod
    def _halves(cls, config: Config) -> dict[str, Config]:
        """Each half as a file holds it; the backward one mirrors the forward one if unsaid."""
        ahead = cls._half(config, "layer")
        if config.get("backward_layer") is not None:
            return {"forward_layer": ahead, "backward_layer": cls._half(config, "backward_layer")}
        inner = ahead["config"]
        mirrored = {**inner, "go_backwards": not inner.get("go_backwards", False)}
        back = {**ahead, "config": {**mirrored, "name": f"backward_{inner.get('name')}"}}
        return {"forward_layer": ahead, "backward_layer": back}

    @staticmethod
    def _half(config: Config, key: str) -> Config:
        half = config.get(key)
        if not isinstance(half, Mapping) or not isinstance(half.get("config"), Mapping):
            raise ModelFormatError(f"layer {config.get('name')!r} (Bidirectional): its {key} is no layer")
        return half

    @staticmethod
    def _class_of(half: Config) -> type[RecurrentLayer] | None:
        """The layer that a half is, if it is one that can be one."""
        found = find(str(half.get("class_name")))
        return found if found is not None and issubclass(found, RecurrentLayer) else None

    @classmethod
    def problems(cls, config: Config, where: str) -> list[Problem]:
        found = super().problems(config, where)
        for path, half in cls._halves(config).items():
            half_class = cls._class_of(half)
            if half_class is None:
                what = f"its {path} is a {half.get('class_name')}; SimpleRNN, LSTM and GRU are implemented"
                found.append(Problem(where, what))
            else:
                found += half_class.problems(half["config"], f"{where}, {path}")
        return found

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Shape | None) -> dict[str, Shape]:
        return {
            f"{path}/{name}": shape
            for path, half in cls._halves(config).items()
            if (half_class := cls._class_of(half)) is not None
            for name, shape in half_class.weight_shapes(half["config"], input_shape).items()
        }

    @classmethod
    def from_config(cls, config: Config, weights: Mapping[str, Array] | None = None) -> Self:
        cls.refuse(config)
        halves = {}
        for path, half in cls._halves(config).items():
            half_class = cls._class_of(half)
            assert half_class is not None  # refused above
            prefix = f"{path}/"
            own = {k.removeprefix(prefix): a for k, a in (weights or {}).items() if k.startswith(prefix)}
            halves[path] = half_class.from_config(half["config"], own)
        kind = next(
            (
                sub
                for sub in cls.__subclasses__()
                if all(isinstance(half, sub.half_class) for half in halves.values())
            ),
            cls,
        )
        wrapper = kind(**halves, merge_mode=config.get("merge_mode", "concat"), name=config.get("name"))
        wrapper.keep_extra(config)
        return wrapper

    def get_config(self) -> dict[str, Any]:
        halves = {"layer": self.forward_layer, "backward_layer": self.backward_layer}
        return {
            "name": self.name,
            **self.extra_config,
            "merge_mode": self.merge_mode,
            **{
                key: {"class_name": half.keras_class, "config": half.get_config(), "module": "keras.layers"}
                for key, half in halves.items()
            },
        }


class BidirectionalRNNLayer(BidirectionalLayer):
    """A `BidirectionalLayer` whose halves are `SimpleRNNLayer`s."""

    half_class = SimpleRNNLayer


class BidirectionalLSTMLayer(BidirectionalLayer):
    """A `BidirectionalLayer` whose halves are `LSTMLayer`s."""

    half_class = LSTMLayer
