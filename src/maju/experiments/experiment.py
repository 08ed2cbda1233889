"""An experiment: one model to train, as plain data that goes to a child process and into results."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from maju.experiments.architectures import Architecture
from maju.experiments.data import DataChoice
from maju.experiments.settings import Count, Positive, Rate, Settings, listed

__all__ = ["Experiment", "Program", "Training"]

#: What trains a network.
Program = Literal["keras", "maju"]


class Training(Settings):
    """How Adam trains a network.

    Attributes:
        epochs: how often it sees the training rows.
        batch_size: how many rows make a step.
        learning_rate: Adam's; with the schedule ``"cosine"`` its highest.
        schedule: whether the learning rate stays, or falls to 0 along half a cosine.
        warmup_epochs: over how many epochs ``"cosine"`` first rises from 0.
        weight_decay: how much of each weight a step takes away, times the learning rate (AdamW).
        global_clipnorm: the largest norm of all gradients together.
        label_smoothing: the share of certainty that is spread over all classes.
        augmentation: what happens to training images: ``"flip"``, ``"shift"``, ``"cutout"``.
        token_dropout: the share of words that training texts lose.
        seed: draws the initial weights, what dropout drops, and the order of the rows.
    """

    epochs: Count
    batch_size: Count = 32
    learning_rate: Positive = 0.001
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_epochs: Annotated[int, Field(ge=0)] = 0
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    global_clipnorm: Positive | None = None
    label_smoothing: Rate = 0.0
    augmentation: Annotated[tuple[Literal["flip", "shift", "cutout"], ...], listed] = ()
    token_dropout: Rate = 0.0
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @model_validator(mode="after")
    def _schedule_fits(self) -> Self:
        if self.warmup_epochs and self.schedule == "constant":
            raise ValueError('warmup_epochs needs schedule = "cosine"')
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs must be below the {self.epochs} epochs")
        return self


class Experiment(Settings):
    """What to train, on what, and how.

    Attributes:
        name: what its files are called.
        title: what it is called in tables and plots.
        train_with: what trains it.
    """

    name: Annotated[str, Field(pattern=r"^\w[\w-]*$")]
    title: str
    data: DataChoice
    architecture: Architecture
    training: Training = Training(epochs=10)
    train_with: Program = "keras"

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        kind = self.architecture.kind
        images = kind == "convolutional"
        if self.data.images != images:
            raise ValueError(f"a {kind} network cannot learn from {self.data.name}")
        if self.training.augmentation and not images:
            raise ValueError("augmentation is for images; token_dropout is for texts")
        if self.training.token_dropout and images:
            raise ValueError("token_dropout is for texts; augmentation is for images")
        return self

    @property
    def fingerprint(self) -> str:
        """What tells one training from another: two experiments that differ in name alone have the same."""
        # Without defaults, so that a setting that is added later leaves old fingerprints as they are.
        what = self.model_dump(
            mode="json",
            exclude={"name", "title"},
            exclude_defaults=True,
        )
        what["architecture"]["kind"] = self.architecture.kind
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]
