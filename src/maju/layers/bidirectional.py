"""Bidirectional: a recurrent layer that reads a sequence both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from maju.errors import Problem
from maju.layers.base import Array, Backward, Config, Gradients, Layer, Shape
from maju.layers.held import class_and_config, entry, made
from maju.layers.lstm import LSTMLayer
from maju.layers.policies import Policy
from maju.layers.recurrent import RecurrentLayer, flat_states, several_shapes
from maju.layers.registry import find, layer
from maju.layers.simple_rnn import SimpleRNNLayer
from maju.threads import each

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
        zero_output_for_mask: whether masked steps give zeros, or else what each half gave before them,
            as in Keras before it became a part of TensorFlow.

    Source: Schuster & Paliwal, 1997, and `keras.layers.Bidirectional`.
    """

    keras_class = "Bidirectional"
    masking = "uses"
    call_arguments = ("initial_state", "mask", "training")
    hyper_parameters = ("merge_mode", "layer", "backward_layer", "zero_output_for_mask")
    choices = {
        "merge_mode": ("concat", "sum", "mul", "ave", None),
        "zero_output_for_mask": (True, False),
    }
    beyond_keras = {"zero_output_for_mask": True}
    #: The kind of layer that the halves are.
    half_class: ClassVar[type[RecurrentLayer]] = RecurrentLayer

    def __init__(
        self,
        forward_layer: RecurrentLayer,
        backward_layer: RecurrentLayer,
        *,
        merge_mode: str | None = "concat",
        zero_output_for_mask: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        for half in (forward_layer, backward_layer):
            if not isinstance(half, self.half_class):
                raise ValueError(f"each half must be a {self.half_class.__name__}, not {half!r}")
        if forward_layer.go_backwards is backward_layer.go_backwards:
            raise ValueError("the halves must read in opposite directions: one with go_backwards=True")
        for flag in ("return_sequences", "return_state", "stateful"):
            if getattr(forward_layer, flag) is not getattr(backward_layer, flag):
                raise ValueError(f"both halves must agree on {flag}")
        for half in (forward_layer, backward_layer):
            half.zero_output_for_mask = (
                zero_output_for_mask and half.return_sequences
            )  # as in Keras, whatever the half itself says
        self.forward_layer = forward_layer
        self.backward_layer = backward_layer
        self.merge_mode = merge_mode
        self.zero_output_for_mask = zero_output_for_mask

    @property
    def weights(self) -> dict[str, Array]:
        return {f"{path}/{name}": a for path, half in self._paths() for name, a in half.weights.items()}

    def _paths(self) -> list[tuple[str, RecurrentLayer]]:
        return [("forward_layer", self.forward_layer), ("backward_layer", self.backward_layer)]

    @property
    def stateful(self) -> bool:
        """Whether the halves start from the states that they ended with at their last call."""
        return self.forward_layer.stateful

    def reset_states(self) -> None:
        """Let stateful halves start from zeros again."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    @property
    def output_policy(self) -> Policy | None:
        return self.forward_layer.output_policy

    def forward(self, x: Any, training: bool = False, mask: Any = None, initial_state: Any = None) -> Any:
        x, mask, (first_ahead, first_back) = self._given(x, mask, initial_state)
        ahead = self.forward_layer.within(x, training, mask, initial_state=first_ahead)
        back = self.backward_layer.within(x, training, mask, initial_state=first_back)
        return self._joined(ahead, back)

    def _given(self, x: Any, mask: Any, initial_state: Any) -> tuple[Any, Any, tuple[Any, Any]]:
        """The sequence, its mask, and the states that each half starts from."""
        if isinstance(x, (list, tuple)):
            x, *listed = x
            initial_state = listed or initial_state
            mask = mask[0] if isinstance(mask, (list, tuple)) and len(mask) == 1 + len(listed) else mask
        if initial_state is None:
            return x, mask, (None, None)
        states, count = flat_states(initial_state), self.forward_layer.cell.state_count
        return x, mask, (states[:count], states[count:])

    def _joined(self, ahead: Any, back: Any) -> Any:
        """What the layer gives, from what the halves give."""
        if not self.forward_layer.return_state:
            return self._merge(ahead, self._in_time(back))
        (ahead, *ahead_states), (back, *back_states) = ahead, back
        y = self._merge(ahead, self._in_time(back))
        return [*(y if self.merge_mode is None else [y]), *ahead_states, *back_states]

    def _parted(self, ahead: Any, back: Any, dy: Any) -> tuple[Any, Any]:
        """The way back from `_joined`: what the gradient of the output sends back to each half."""
        if not self.forward_layer.return_state:
            d_ahead, d_back = self._merge_back(ahead, self._in_time(back), dy)
            return d_ahead, self._in_time(d_back)
        count = 2 if self.merge_mode is None else 1
        d_y, d_states = dy[:count], dy[count:]
        d_ahead, d_back = self._merge_back(
            ahead[0], self._in_time(back[0]), d_y if self.merge_mode is None else d_y[0]
        )
        of_ahead = self.forward_layer.cell.state_count
        return [d_ahead, *d_states[:of_ahead]], [self._in_time(d_back), *d_states[of_ahead:]]

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

    def vjp(
        self, x: Any, training: bool = True, mask: Any = None, initial_state: Any = None
    ) -> tuple[Any, Backward]:
        x, mask, (first_ahead, first_back) = self._given(x, mask, initial_state)
        halves = [(self.forward_layer, first_ahead), (self.backward_layer, first_back)]
        # Neither half waits for the other.
        ways = each(lambda half: half[0].vjp(x, training, mask, half[1]), halves)
        (ahead, ahead_backward), (back, back_backward) = ways

        def backward(dy: Any) -> tuple[Any, Gradients]:
            d_ahead, d_back = self._parted(ahead, back, dy)
            calls = [(ahead_backward, d_ahead), (back_backward, d_back)]
            (dx_ahead, of_ahead), (dx_back, of_back) = each(lambda call: call[0](call[1]), calls)
            gradients = {f"forward_layer/{name}": gradient for name, gradient in of_ahead.items()}
            gradients |= {f"backward_layer/{name}": gradient for name, gradient in of_back.items()}
            if first_ahead is None:
                return dx_ahead + dx_back, gradients
            return [dx_ahead[0] + dx_back[0], *dx_ahead[1:], *dx_back[1:]], gradients

        return self._joined(ahead, back), backward

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        kept = self.forward_layer.compute_mask(x, mask)
        kept, *of_states = kept if self.forward_layer.return_state else [kept]
        both = [kept, kept] if self.merge_mode is None else kept
        if not self.forward_layer.return_state:
            return both
        of_states += [None] * self.backward_layer.cell.state_count
        return [*(both if self.merge_mode is None else [both]), *of_states]

    def output_shape(self, input_shape: Any, initial_state: Any = None) -> Any:
        ahead, *ahead_states = several_shapes(self.forward_layer.output_shape(input_shape))
        back, *back_states = several_shapes(self.backward_layer.output_shape(input_shape))
        if self.merge_mode == "concat":
            width = None if ahead[-1] is None or back[-1] is None else ahead[-1] + back[-1]
            ahead = (*ahead[:-1], width)
        shapes = [ahead, back] if self.merge_mode is None else [ahead]
        shapes += [*ahead_states, *back_states]
        return shapes if len(shapes) > 1 else ahead

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
        half: Config = config.get(key, {})
        class_and_config(half, f"layer {config.get('name')!r} (Bidirectional): its {key} is no layer")
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
                what = f"its {path} is a {half.get('class_name')}, which is no recurrent layer that maju has"
                found.append(Problem(where, what))
            else:
                found += half_class.problems(half["config"], f"{where}, {path}")
        return found

    @classmethod
    def weight_shapes(cls, config: Config, input_shape: Any) -> dict[str, Shape]:
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
            halves[path] = made(half_class, half, own)
        kind = next(
            (
                sub
                for sub in cls.__subclasses__()
                if all(isinstance(half, sub.half_class) for half in halves.values())
            ),
            cls,
        )
        said: Any = {key: config[key] for key in ("merge_mode", "zero_output_for_mask") if key in config}
        wrapper = kind(halves["forward_layer"], halves["backward_layer"], **said, name=config.get("name"))
        wrapper.keep_extra(config)
        return wrapper

    def get_config(self) -> dict[str, Any]:
        halves = {"layer": self.forward_layer, "backward_layer": self.backward_layer}
        return {
            "name": self.name,
            **self.extra_config,
            "merge_mode": self.merge_mode,
            **({} if self.zero_output_for_mask else {"zero_output_for_mask": False}),
            **{key: entry(half) for key, half in halves.items()},
        }


class BidirectionalRNNLayer(BidirectionalLayer):
    """A `BidirectionalLayer` whose halves are `SimpleRNNLayer`s."""

    half_class = SimpleRNNLayer


class BidirectionalLSTMLayer(BidirectionalLayer):
    """A `BidirectionalLayer` whose halves are `LSTMLayer`s."""

    half_class = LSTMLayer
