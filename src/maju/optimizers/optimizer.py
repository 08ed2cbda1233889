"""What all optimizers have in common: the settings, the order of a step, and the state."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, TypedDict

import numpy as np

from maju import schedules
from maju.errors import InputError
from maju.layers.base import Array, snake_case
from maju.layers.row_gradient import RowGradient
from maju.optimizers.clipping import Given, clip_by_global_norm, clip_by_norm, clip_by_value
from maju.optimizers.gradient import Gradient, blocks
from maju.schedules import LearningRateSchedule
from maju.schedules.checked import flag, real, whole
from maju.schedules.learning_rate_schedule import argument_problem

__all__ = ["Optimizer", "OtherOptions", "SharedOptions"]


class OtherOptions(TypedDict, total=False):
    """`SharedOptions` but for the weight decay."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class SharedOptions(OtherOptions, total=False):
    """What every optimizer takes beside its own hyper-parameters; `Optimizer` says what each does."""

    weight_decay: float | None


class Optimizer:
    """A rule by which gradients change weights, step by step.

    A step is, in Keras's order: gradients are divided by `loss_scale_factor`, collected where they
    accumulate, and clipped; weights decay, w ← w − w · weight_decay · η; the rule of the optimizer changes
    them (`update`); their moving averages follow.

    Args:
        learning_rate: η, a number or a schedule.
        weight_decay: the share that decays at each step; None for no decay.
        clipnorm: the largest norm that the gradient of one weight may have.
        clipvalue: the largest magnitude that a number of a gradient may have.
        global_clipnorm: the largest norm that all gradients together may have.
        use_ema: whether a moving average of each weight is kept, a ← β a + (1 − β) w.
        ema_momentum: β.
        ema_overwrite_frequency: after how many steps the averages take the place of the weights; None for
            only at the end, in `finalize`.
        loss_scale_factor: by what `scale_loss` multiplies the loss.
        gradient_accumulation_steps: how many gradients are averaged for one step; None for each its own step.

    Source: `keras.optimizers.Optimizer`.
    """

    #: Every hyper-parameter beside those of all optimizers; each is also an attribute.
    hyper_parameters: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name or snake_case(type(self).__name__)
        self._learning_rate = self._checked_rate(learning_rate)
        self.weight_decay = self._optional("weight_decay", weight_decay)
        self.clipnorm = self._optional("clipnorm", clipnorm)
        self.clipvalue = self._optional("clipvalue", clipvalue)
        self.global_clipnorm = self._optional("global_clipnorm", global_clipnorm)
        clips = {key: getattr(self, key) for key in ("clipnorm", "clipvalue", "global_clipnorm")}
        if sum(value is not None for value in clips.values()) > 1:
            given = ", ".join(f"{key}={value:g}" for key, value in clips.items() if value is not None)
            raise InputError(
                f"{self._class}: {given}; only one of clipnorm, clipvalue and global_clipnorm can be set"
            )
        self.use_ema = flag(self._class, "use_ema", use_ema)
        self.ema_momentum = real(self._class, "ema_momentum", ema_momentum, least=0, most=1)
        self.ema_overwrite_frequency = self._optional_whole(
            "ema_overwrite_frequency", ema_overwrite_frequency, 1
        )
        self.loss_scale_factor = self._optional("loss_scale_factor", loss_scale_factor)
        if loss_scale_factor == 0:
            raise InputError(f"{self._class}: loss_scale_factor=0; expected a number above 0")
        self.gradient_accumulation_steps = self._optional_whole(
            "gradient_accumulation_steps", gradient_accumulation_steps, 2
        )
        self._iterations = 0
        self._slots: dict[str, dict[str, Array]] = {}
        self._extra: dict[str, Array] = {}
        self._no_decay: list[Any] = []
        self._no_decay_names: re.Pattern[str] | None = None

    @property
    def _class(self) -> str:
        return type(self).__name__

    def _at_least_0(self, name: str, value: float) -> float:
        return real(self._class, name, value, least=0)

    def _optional(self, name: str, value: float | None) -> float | None:
        return None if value is None else self._at_least_0(name, value)

    def _optional_whole(self, name: str, value: int | None, least: int) -> int | None:
        return None if value is None else whole(self._class, name, value, least=least)

    def _between_0_and_1(self, name: str, value: float) -> float:
        return real(self._class, name, value, least=0, most=1)

    # The learning rate

    @property
    def learning_rate(self) -> float | LearningRateSchedule:
        """The learning rate: a number that may be set at any time, or a schedule."""
        rate = self._learning_rate
        return rate if isinstance(rate, LearningRateSchedule) else float(rate)

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule) -> None:
        if isinstance(self._learning_rate, LearningRateSchedule) and not isinstance(
            value, LearningRateSchedule
        ):
            raise InputError(
                f"{self._class}: its learning rate follows {self._learning_rate!r} and cannot be set; "
                "make the optimizer with a number"
            )
        self._learning_rate = self._checked_rate(value)

    @property
    def current_learning_rate(self) -> float:
        """The learning rate of the next step."""
        rate = self._learning_rate
        return rate(self._iterations) if isinstance(rate, LearningRateSchedule) else float(rate)

    def _checked_rate(self, value: Any) -> np.float32 | LearningRateSchedule:
        if isinstance(value, LearningRateSchedule):
            return value
        if callable(value):
            raise InputError(
                f"{self._class}: learning_rate={value!r} is a function; "
                "expected a number or a schedule (maju.schedules.LearningRateSchedule, to derive your own)"
            )
        return np.float32(real(self._class, "learning_rate", value, least=0))

    # Its state

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The names of what is kept for each weight; what stands in one group is stored weight by weight."""
        return ()

    def new_slot(self, slot: str, path: str, weight: Array) -> Array | None:
        """What is kept for a weight, at its first value; None for nothing."""
        return np.zeros(weight.shape, weight.dtype)

    @property
    def _groups(self) -> list[tuple[str, ...]]:
        averages = [("average",)] if self.use_ema else []
        accumulators = [("gradient_accumulator",)] if self.gradient_accumulation_steps else []
        return [*averages, *accumulators, *self.slots]

    @property
    def built(self) -> bool:
        """Whether the state was made."""
        return bool(self._slots)

    def build(self, weights: Mapping[str, Array]) -> None:
        """Make the state for these weights; a second time changes nothing.

        Args:
            weights: the arrays to train by their paths, in Keras's order.

        Raises:
            InputError: there are none, they are not of a floating type, or it has a state for others.
        """
        if self.built:
            self._same_weights(weights)
            return
        if not weights:
            raise InputError(f"{self._class}: there are no weights to train")
        for path, weight in weights.items():
            if not isinstance(weight, np.ndarray) or weight.dtype.kind != "f" or not weight.flags.writeable:
                raise InputError(
                    f"{self._class}: the weight {path!r} is no array of floating-point numbers that can be "
                    "written to"
                )
        for path, weight in weights.items():
            made = {
                slot: np.zeros(weight.shape, weight.dtype)
                if slot in ("average", "gradient_accumulator")
                else self.new_slot(slot, path, weight)
                for group in self._groups
                for slot in group
            }
            self._slots[path] = {slot: array for slot, array in made.items() if array is not None}

    def _same_weights(self, weights: Mapping[str, Array]) -> None:
        if weights.keys() != self._slots.keys():
            other = ", ".join(map(repr, sorted(weights.keys() ^ self._slots.keys())))
            raise InputError(
                f"{self._class}: it has a state for other weights; they differ in {other}; "
                "make a new optimizer for other weights"
            )

    @property
    def iterations(self) -> int:
        """How many steps were made; where gradients accumulate, how often the weights were changed."""
        return self._iterations // (self.gradient_accumulation_steps or 1)

    @property
    def variables(self) -> dict[str, Array]:
        """The whole state by name, in Keras's order; the arrays are those that it works with."""
        found = {f"{self.name}/iteration": np.array(self._iterations, np.int64)}
        if not isinstance(self._learning_rate, LearningRateSchedule):
            found[f"{self.name}/learning_rate"] = np.array(self._learning_rate)
        for group in self._groups:
            for path, slots in self._slots.items():
                for slot in group:
                    if slot in slots:
                        name = f"{self.name}/{path.replace('/', '_')}_{slot}"
                        while name in found:  # of "a/b" and "a_b"
                            name += "_1"
                        found[name] = slots[slot]
        return found | self._extra

    def load_variables(self, arrays: Sequence[Any]) -> None:
        """Restore a state: what `variables` gave, or Keras's ``optimizer.variables``, in that order.

        Raises:
            InputError: the arrays are not as many as the variables, or not of their shapes.
        """
        own = self.variables
        given = [np.asarray(array) for array in arrays]
        if not self.built:
            raise InputError(
                f"{self._class}: it must be built before a state is restored; call `build` first"
            )
        if len(given) != len(own):
            raise InputError(f"{self._class}: expected a state of {len(own)} arrays, got {len(given)}")
        for (name, variable), array in zip(own.items(), given, strict=True):
            if variable.shape != array.shape:
                raise InputError(
                    f"{self._class}: the variable {name!r} has shape {variable.shape}, got {array.shape}"
                )
        for variable, array in zip(own.values(), given, strict=True):
            variable[...] = array
        self._iterations = int(own[f"{self.name}/iteration"])
        if not isinstance(self._learning_rate, LearningRateSchedule):
            self._learning_rate = np.float32(own[f"{self.name}/learning_rate"])

    # A step

    def apply(
        self, gradients: Mapping[str, Array | RowGradient | None], weights: Mapping[str, Array]
    ) -> None:
        """Make one step: change the weights in place.

        Args:
            gradients: by the paths of the weights. A weight without one is left as it is.
            weights: all weights that are trained.

        Raises:
            InputError: there is no gradient at all, or one that does not fit its weight.
        """
        self.build(weights)
        with np.errstate(all="ignore"):  # what overflows is left to whoever looks at the loss, as in Keras
            given = self._taken(gradients, weights)
            steps = self.gradient_accumulation_steps
            if steps is None:
                self._change(given, weights)
            elif self._collect(given, steps):
                self._change({p: self._slots[p]["gradient_accumulator"] for p in given}, weights)
                for slots in self._slots.values():
                    slots["gradient_accumulator"][...] = 0
            if self.use_ema:
                self._average(weights)
        self._iterations += 1

    def _taken(
        self, gradients: Mapping[str, Array | RowGradient | None], weights: Mapping[str, Array]
    ) -> dict[str, Given]:
        unknown = [path for path in gradients if path not in weights]
        if unknown:
            raise InputError(
                f"{self._class}: a gradient of {unknown[0]!r}, which is not among the weights "
                f"{', '.join(weights)}"
            )
        given = {
            path: self._fitting(path, gradient, weight)
            for path, weight in weights.items()
            if (gradient := gradients.get(path)) is not None
        }
        if not given:
            raise InputError(f"{self._class}: there is no gradient for any of {', '.join(weights)}")
        return given

    def _fitting(self, path: str, gradient: Array | RowGradient, weight: Array) -> Given:
        if isinstance(gradient, RowGradient):
            shape = gradient.shape
            rows = gradient.indices
            if rows.size and not (rows.min() >= 0 and rows.max() < shape[0]):
                raise InputError(f"{self._class}: the gradient of {path!r} has rows beyond its {shape[0]}")
            gradient = gradient.changed(lambda g: np.asarray(g, weight.dtype))
        else:
            gradient = np.asarray(gradient, weight.dtype)
            shape = gradient.shape
        if shape != weight.shape:
            raise InputError(
                f"{self._class}: the gradient of {path!r} has shape {shape}, expected {weight.shape}"
            )
        factor = self.loss_scale_factor
        if factor is None:
            return gradient
        return (
            gradient.changed(lambda g: g / factor) if isinstance(gradient, RowGradient) else gradient / factor
        )

    def _collect(self, gradients: Mapping[str, Given], steps: int) -> bool:
        """Add gradients to those before; whether they are enough now, and then averaged."""
        enough = (self._iterations + 1) % steps == 0
        for path, gradient in gradients.items():
            collected = self._slots[path]["gradient_accumulator"]
            collected += gradient.sum if isinstance(gradient, RowGradient) else gradient
            if enough:
                collected /= steps
        return enough

    def _clipped(self, gradients: dict[str, Given]) -> dict[str, Given]:
        if self.clipnorm:
            return {path: clip_by_norm(gradient, self.clipnorm) for path, gradient in gradients.items()}
        if self.clipvalue:
            return {path: clip_by_value(gradient, self.clipvalue) for path, gradient in gradients.items()}
        if self.global_clipnorm:
            return clip_by_global_norm(gradients, self.global_clipnorm)
        return gradients

    def _change(self, gradients: dict[str, Given], weights: Mapping[str, Array]) -> None:
        self.begin_step()
        rate = self.current_learning_rate
        for path, gradient in self._clipped(gradients).items():
            weight = weights[path]
            number = weight.dtype.type
            decay = self.decay_of(path, weight)
            if decay is not None and self._decays(path, weight):
                for w, t in blocks(weight):
                    np.multiply(w, number(decay), out=t)
                    t *= number(rate)
                    w -= t
            self.update(weight, Gradient(gradient), number(rate), self._slots[path])

    def begin_step(self) -> None:
        """What an optimizer does once before it changes any weight."""

    def decay_of(self, path: str, weight: Array) -> float | None:
        """The weight decay of a weight."""
        return self.weight_decay

    def update(self, weight: Array, gradient: Gradient, rate: Any, slots: Mapping[str, Array]) -> None:
        """Change one weight in place.

        Args:
            gradient: clipped; of the weight's type.
            rate: the learning rate, of the weight's type.
            slots: what is kept for the weight, by the names in `slots`; changed in place too.
        """
        raise NotImplementedError(f"the optimizer {self._class} does not say how it changes a weight")

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Let some weights not decay.

        Args:
            var_list: the arrays or the paths of weights.
            var_names: patterns; a weight in whose path one is found does not decay, as ``["bias"]``.
        """
        self._no_decay = list(var_list or ())
        self._no_decay_names = re.compile("|".join(sorted(set(var_names)))) if var_names else None

    def _decays(self, path: str, weight: Array) -> bool:
        if any(given is weight or (isinstance(given, str) and given == path) for given in self._no_decay):
            return False
        return self._no_decay_names is None or self._no_decay_names.search(path) is None

    def _average(self, weights: Mapping[str, Array]) -> None:
        frequency = self.ema_overwrite_frequency
        for path, weight in weights.items():
            number = weight.dtype.type
            momentum = number(self.ema_momentum if self.iterations else 0)  # the first average is the weight
            for w, average, t in blocks(weight, self._slots[path]["average"]):
                average *= momentum
                np.multiply(w, number(1) - momentum, out=t)
                average += t
        if frequency and (self.iterations + 1) % frequency == 0:
            self.finalize(weights)

    def finalize(self, weights: Mapping[str, Array]) -> None:
        """Write the moving averages into the weights, if they are kept: what Keras does when `fit` ends."""
        if self.use_ema and self.built:
            self._same_weights(weights)
            for path, weight in weights.items():
                weight[...] = self._slots[path]["average"]

    def scale_loss(self, loss: Any) -> Any:
        """The loss, or its gradient, times `loss_scale_factor`; `apply` divides by it again."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    # In files

    def get_config(self) -> dict[str, Any]:
        """The hyper-parameters under their Keras names, as Keras writes them."""
        rate = self.learning_rate
        if isinstance(rate, LearningRateSchedule):
            config: dict[str, Any] = {"name": self.name, "learning_rate": schedules.serialize(rate)}
        else:
            config = {"name": self.name, "learning_rate": rate}
        keys = [key for key in SharedOptions.__annotations__ if key != "name"]
        return config | {key: getattr(self, key) for key in [*keys, *self.hyper_parameters]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The optimizer with these hyper-parameters.

        Raises:
            InputError: one is unknown or wrong; names it.
        """
        problem = argument_problem(cls, config, *SharedOptions.__annotations__)
        if problem:
            raise InputError(f"{cls.__name__}: {problem}")
        rate = config.get("learning_rate")
        changed = {"learning_rate": schedules.get(rate)} if isinstance(rate, Mapping) else {}
        return cls(**{**config, **changed})

    def __repr__(self) -> str:
        rate = self.learning_rate
        if isinstance(rate, float):  # in the digits that it was given in, not those of float32
            rate = float(f"{rate:.7g}")
        shown = {"learning_rate": rate} | {k: getattr(self, k) for k in self.hyper_parameters}
        return f"{self._class}({', '.join(f'{key}={value!r}' for key, value in shown.items())})"
