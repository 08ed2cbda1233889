"""An experiment: one row of a table, as plain data that goes to a child process and into results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from maju.errors import MajuError
from maju.experiments.architectures import Architecture, ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.checks import require_positive
from maju.experiments.data import DataChoice

__all__ = ["Experiment", "Training"]

ARCHITECTURES = {"convolutional": ConvolutionalNetwork, "recurrent": RecurrentNetwork}


@dataclass(frozen=True)
class Training:
    """How Adam trains a network.

    Args:
        seed: draws the initial weights, what dropout drops, and the order of the rows.
    """

    epochs: int
    batch_size: int = 32
    learning_rate: float = 0.001
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "epochs", "batch_size")
        if not self.learning_rate > 0:
            raise MajuError(f"Training: learning_rate must be above 0, got {self.learning_rate!r}")
        if not 0 <= self.seed < 2**32:
            raise MajuError(f"Training: seed must be from 0 to 4294967295, got {self.seed!r}")


@dataclass(frozen=True)
class Experiment:
    """What to train, on what, and how.

    Args:
        name: what its files are called.
        title: what it is called in tables and plots.
    """

    name: str
    title: str
    data: DataChoice
    architecture: Architecture
    training: Training = field(default_factory=lambda: Training(epochs=10))

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w-]*", self.name):
            raise MajuError(
                f"an experiment's name makes file names: letters, digits, - and _, not {self.name!r}"
            )

    def to_json(self) -> dict[str, Any]:
        """The experiment as JSON can hold it."""
        kind = next(kind for kind, cls in ARCHITECTURES.items() if isinstance(self.architecture, cls))
        document = asdict(self)
        document["architecture"] = {"kind": kind, **document["architecture"]}
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Experiment:
        """The experiment that `to_json` wrote."""
        settings = dict(document["architecture"])
        return cls(
            document["name"],
            document["title"],
            DataChoice(**document["data"]),
            ARCHITECTURES[settings.pop("kind")](**settings),
            Training(**document["training"]),
        )
