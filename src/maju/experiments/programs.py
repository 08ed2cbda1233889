"""What trains: Keras, or maju, which has Keras's names; here is what differs between the two."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from maju.experiments.child import Predicted
from maju.experiments.experiment import Experiment, Program
from maju.layers.base import Array

__all__ = ["Keras", "Maju", "Trainer", "trainer_of"]

PREDICTED_TOGETHER = 128


class Trainer(ABC):
    """A package that builds and trains models.

    Attributes:
        package: with ``layers``, ``optimizers``, ``callbacks`` and so on.
        schedules: where its learning-rate schedules are.
        compiled: what `compile` is given beyond what both take.
    """

    package: Any
    schedules: Any
    compiled: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def seed(self, seed: int) -> None:
        """Let initial weights follow from a seed."""

    @abstractmethod
    def load(self, path: Path) -> Any:
        """A compiled model from a file, its optimizer where the file left it."""

    @abstractmethod
    def seed_dropout(self, model: Any, rng: np.random.Generator) -> None:
        """Let what dropout drops from now on follow from what this draws, alike in both packages."""

    def samples(self, x: Array) -> Any:
        """Samples as `fit` takes them."""
        return x

    def running(self, experiment: Experiment) -> AbstractContextManager[Any]:
        """What is to hold while an experiment is trained."""
        return nullcontext()

    def predicted(self, model: Any, x: Array) -> Predicted | None:
        """What Keras makes of the test rows, if it is Keras."""
        return None

    @property
    def versions(self) -> dict[str, str]:
        """Of what trains, beside those that every result has."""
        return {}


class Keras(Trainer):
    """Keras on TensorFlow; importing both takes seconds."""

    compiled = {"jit_compile": False}  # on CPUs XLA gains nothing, and compiles for seconds

    def __init__(self) -> None:
        import keras
        import tensorflow

        self.package = keras
        self.schedules = keras.optimizers.schedules
        self.tensorflow = tensorflow

    def seed(self, seed: int) -> None:
        self.package.utils.set_random_seed(seed)

    def load(self, path: Path) -> Any:
        return self.package.models.load_model(path)

    def seed_dropout(self, model: Any, rng: np.random.Generator) -> None:
        # Keras saves these with a model, but does not load them.
        for variable in model.non_trainable_variables:
            if variable.path.endswith("seed_generator_state"):
                variable.assign(rng.integers(2**31, size=variable.shape))

    def samples(self, x: Array) -> Any:
        # NumPy's strings it does not take.
        return self.tensorflow.constant(x.astype(object)) if x.dtype.kind == "U" else x

    def predicted(self, model: Any, x: Array) -> Predicted:
        samples = self.samples(x)
        # Two sizes of batch: TensorFlow compiles for the first that it sees, and for any other at the second.
        model.predict(samples[: PREDICTED_TOGETHER + 1], batch_size=PREDICTED_TOGETHER, verbose=0)
        started = time.perf_counter()
        probabilities = model.predict(samples, batch_size=PREDICTED_TOGETHER, verbose=0)
        return Predicted(probabilities, time.perf_counter() - started)

    @property
    def versions(self) -> dict[str, str]:
        return {"keras": self.package.__version__, "tensorflow": self.tensorflow.__version__}


class Maju(Trainer):
    """maju, where neither Keras nor TensorFlow is imported."""

    def __init__(self) -> None:
        import maju

        self.package = maju
        self.schedules = maju.schedules

    def seed(self, seed: int) -> None:
        self.package.set_random_seed(seed)

    def load(self, path: Path) -> Any:
        return self.package.load(path)

    def seed_dropout(self, model: Any, rng: np.random.Generator) -> None:
        from maju.training.trainer import restore_generators, states_of_generators

        # Two numbers for each, as Keras's have: the order of the rows, which is drawn next, is then the same.
        fresh = [np.random.default_rng(rng.integers(2**31, size=2)) for _ in states_of_generators(model)]
        restore_generators(model, [generator.bit_generator.state for generator in fresh])

    def running(self, experiment: Experiment) -> AbstractContextManager[Any]:
        from threadpoolctl import threadpool_limits

        # The products of one time step are too small to share between threads.
        recurrent = experiment.architecture.kind == "recurrent"
        return threadpool_limits(1, "blas") if recurrent else nullcontext()


def trainer_of(program: Program) -> Trainer:
    """What is called so."""
    return Keras() if program == "keras" else Maju()
