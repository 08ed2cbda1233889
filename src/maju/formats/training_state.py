"""What files hold of a compiled model's training; a broken one keeps no model from predicting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from maju.errors import ModelFormatError
from maju.formats import hdf5
from maju.formats.guards import Allowance, shorten
from maju.formats.specification import TrainingState

__all__ = ["OF_LOSS_SCALE", "in_keras3_order", "numbers", "read_training", "stored_variables", "with_modules"]

Variables = list[npt.NDArray[Any]]
#: How many variables a LossScaleOptimizer has of its own, before those of the optimizer inside.
OF_LOSS_SCALE = 4
#: How many variables of a weight a legacy optimizer of Keras 2 had, each kind in a row of its own.
ROWS = {"Adadelta": 2, "Adagrad": 1, "Adam": 2, "Adamax": 2, "SGD": 1}
#: The legacy optimizers of Keras 2 whose variables stand as those of Keras 3.
AS_IN_KERAS_3 = ("Ftrl", "RMSprop")


def read_training(
    compile_config: Callable[[], Any], variables: Callable[[], Variables | None], major: int
) -> TrainingState | None:
    """How a model was compiled and how far its optimizer was; None where it was not compiled.

    What is wrong with it is told in the state, and raised by nobody: the model predicts without it.

    Args:
        compile_config, variables: read what the file holds; may raise whatever a damaged one makes them.
        major: the version of Keras that wrote it.
    """
    state = TrainingState(major=major)
    try:
        config = compile_config()
        if config is not None and not isinstance(config, Mapping):
            raise ModelFormatError(f"its compile_config is no object but {shorten(repr(config))}")
        state = replace(state, compile_config=config or None)
        held = variables()
        if held is not None and config:
            held = in_keras3_order(config.get("optimizer"), held, major)
        state = replace(state, optimizer_variables=held)
    except Exception as error:  # h5py has no error of its own: damage shows as nearly any of Python's
        reason = str(error) if isinstance(error, ModelFormatError) else f"{type(error).__name__}: {error}"
        return replace(state, problem=f"its state of training cannot be used: {shorten(reason)}")
    return None if state == TrainingState(major=major) else state


def stored_variables(holder: Any, names: Sequence[str], allowance: Allowance, what: str) -> Variables:
    """The arrays of these names in a group, each a number or an array of numbers."""

    def read(name: str) -> npt.NDArray[Any] | None:
        dataset = hdf5.child(holder, name)
        return None if dataset is None else hdf5.read_array(dataset, f"{what}: {name}", allowance)

    return numbers((name, read(name)) for name in names)


def numbers(arrays: Iterable[tuple[str, npt.NDArray[Any] | None]]) -> Variables:
    """The variables of an optimizer, given by their names; None stands for one that is missing."""
    found = []
    for name, array in arrays:
        if array is None:
            raise ModelFormatError(f"the optimizer's variable {shorten(name)!r} is missing")
        if array.dtype.kind not in "iuf":
            raise ModelFormatError(f"the optimizer's variable {shorten(name)!r} holds {array.dtype}")
        found.append(array)
    return found


#: Where Keras 3 has the objects of a compile_config.
MODULES = {
    "optimizer": "keras.optimizers",
    "loss": "keras.losses",
    "metrics": "keras.metrics",
    "weighted_metrics": "keras.metrics",
}


def with_modules(compile_config: Mapping[str, Any]) -> dict[str, Any]:
    """The compile_config of a legacy `.h5`, which leaves out where its objects are, as a `.keras` has it."""
    return {key: _located(value, MODULES.get(key)) for key, value in compile_config.items()}


def _located(value: Any, module: str | None) -> Any:
    """A nesting of objects of a module, each with that module's name."""
    if isinstance(value, list):
        return [_located(item, module) for item in value]
    if not isinstance(value, Mapping) or module is None:
        return value
    name, config = value.get("class_name"), value.get("config")
    if not isinstance(name, str) or not isinstance(config, Mapping):
        return {key: _located(item, module) for key, item in value.items()}
    if "is_legacy_optimizer" in config:  # Keras 2.11 to 2.15 registered its own as if they were an author's
        name = name.removeprefix("Custom>")
    if "module" in value or ">" in name:
        return value
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


# The order of the variables


def in_keras3_order(optimizer: Any, variables: Variables, major: int) -> Variables:
    """An optimizer's variables in the order of Keras 3: iteration, learning rate, then those of each weight.

    Args:
        optimizer: how the file describes it: ``{"class_name": ..., "config": ...}``.
        major: the version of Keras that wrote them.

    Raises:
        ModelFormatError: they stand in no order that is known.
    """
    if not isinstance(optimizer, Mapping) or not isinstance(optimizer.get("config"), Mapping):
        return variables  # by its name alone, and so one of Keras 3
    class_name, config = str(optimizer.get("class_name")).rpartition(">")[2], optimizer["config"]
    if major >= 3:
        return _product_last(variables, config) if class_name == "Nadam" else variables
    if major < 2:
        raise ModelFormatError("an optimizer of Keras 1, whose variables have the layout of its weights")
    counted = bool(variables) and variables[0].ndim == 0 and variables[0].dtype.kind in "iu"
    # Keras 2.0 to 2.2 counted the steps of some optimizers, and did not save the count.
    first = variables[0] if counted else np.array(0, np.int64)
    own = _of_keras2(class_name, config, variables[counted:], int(first))
    rate = config.get("learning_rate", config.get("lr"))
    if isinstance(rate, (int, float)) and not config.get("decay"):  # decay becomes a schedule
        return [first, np.array(rate, np.float32), *own]
    return [first, *own]


def _product_last(variables: Variables, config: Mapping[str, Any]) -> Variables:
    """Nadam's variables with the product of its momenta at their end, where older Keras 3 had it earlier."""
    first = 1 if isinstance(config.get("learning_rate"), Mapping) else 2
    scalars = [index for index, array in enumerate(variables) if array.ndim == 0 and index >= first]
    if len(scalars) != 1:
        return variables
    (at,) = scalars
    return [*variables[:at], *variables[at + 1 :], variables[at]]


def _of_keras2(class_name: str, config: Mapping[str, Any], variables: Variables, steps: int) -> Variables:
    """The variables that an optimizer of Keras 2 has of each weight."""
    if class_name == "SGD" and not config.get("momentum"):
        return []  # Keras 2 kept momenta also where there is no momentum
    if config.get("is_legacy_optimizer") is False or "jit_compile" in config:  # since 2.9, by default 2.11
        return [*variables, _product_of_momenta(config, steps)] if class_name == "Nadam" else variables
    if class_name in AS_IN_KERAS_3:
        return variables
    count = ROWS.get(class_name)
    if count is None:
        raise ModelFormatError(f"the variables of an optimizer {shorten(class_name)!r} of Keras 2")
    if class_name == "Adam" and config.get("amsgrad"):
        return [
            *_side_by_side(variables[: len(variables) // 3 * 2], 2),
            *variables[len(variables) // 3 * 2 :],
        ]
    third = len(variables) // 3
    if class_name == "Adam" and third and all(array.shape == (1,) for array in variables[2 * third :]):
        variables = variables[: 2 * third] if len(variables) == 3 * third else variables
    return _side_by_side(variables, count)


def _side_by_side(variables: Variables, count: int) -> Variables:
    """Rows of variables, one for each weight, as the variables of one weight after those of another."""
    length = len(variables) // count
    rows = [variables[row * length : (row + 1) * length] for row in range(count)]
    if count * length != len(variables) or len({tuple(a.shape for a in row) for row in rows}) > 1:
        raise ModelFormatError("the optimizer's variables stand in no order of Keras 2")
    return [array for of_weight in zip(*rows, strict=True) for array in of_weight]


def _product_of_momenta(config: Mapping[str, Any], steps: int) -> npt.NDArray[Any]:
    """What Nadam multiplies up step by step, which Keras 2 did not save; it is 0 long before step 10,000."""
    t = np.arange(1, min(max(steps, 0), 10_000) + 1)
    return np.array(np.prod(float(config.get("beta_1", 0.9)) * (1 - 0.5 * 0.96**t)), np.float32)
