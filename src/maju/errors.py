"""The exceptions of maju.

::

    MajuError
    ├── ModelFormatError         the file is no model, is truncated or damaged, or lies about itself
    │   └── ModelKindError       a sound model, but of another kind than the class that opens it
    ├── UnsupportedModelError    the model needs what maju does not have; names all of it
    ├── InputError               what was given to a model does not fit it (also a ValueError)
    ├── GradientError            backward is asked of a layer that has none (also a NotImplementedError)
    ├── NotFiniteError           a training came to infinity or NaN (also an ArithmeticError)
    ├── ExperimentError          an experiment file is broken, or there is none of that name
    ├── DataError                a data set is missing, incomplete or damaged
    └── MissingExtraError        a part of maju whose extra is not installed (also an ImportError)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "DataError",
    "ExperimentError",
    "GradientError",
    "InputError",
    "MajuError",
    "MissingExtraError",
    "ModelFormatError",
    "ModelKindError",
    "NotFiniteError",
    "Problem",
    "UnsupportedModelError",
]

#: How many problems a message lists.
MOST_LISTED = 100


class MajuError(Exception):
    """The base of every error that maju raises on purpose."""


class ModelFormatError(MajuError):
    """A file that is not a model, or a damaged one."""


class ModelKindError(ModelFormatError):
    """A model of another kind than the class that opens it, as an LSTM in `CNNFromScratch`."""


@dataclass(frozen=True)
class Problem:
    """One thing that a model needs and maju does not have.

    Args:
        where: the place in the model, as ``"layer 'lambda_1' (Lambda)"``.
        what: what is not supported there.
        way_out: what the user can do about it.
    """

    where: str
    what: str
    way_out: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.way_out})" if self.way_out else "")


class UnsupportedModelError(MajuError):
    """A model that needs what maju does not have. `problems` lists all of it; the message the first 100."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = "not supported: " if count == 1 else f"{count} things are not supported:\n  - "
        lines = [str(problem) for problem in self.problems[:MOST_LISTED]]
        if count > MOST_LISTED:
            lines.append(f"... and {count - MOST_LISTED} more")
        super().__init__(heading + "\n  - ".join(lines))


class InputError(MajuError, ValueError):
    """An input that does not fit the model or the layer: its shape, its type, or its values."""


class GradientError(MajuError, NotImplementedError):
    """Backward is asked of a layer that has none."""


class NotFiniteError(MajuError, ArithmeticError):
    """A training that has come to an infinite loss or gradient, or one that is no number; names where."""


class ExperimentError(MajuError):
    """An experiment file that is missing or broken; names each key that is wrong."""


class DataError(MajuError):
    """A data set that is missing, incomplete or damaged."""


class MissingExtraError(MajuError, ImportError):
    """A part of maju whose extra is not installed.

    Args:
        what: what needs it, as ``"maju demo"``.
        extra: the extra's name, as in ``pip install 'maju[extra]'``.
    """

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs more than maju's core: pip install 'maju[{extra}]'")
