"""About how long trainings take, so that a progress bar can tell the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from maju.experiments.architectures import ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.experiment import Experiment

__all__ = ["TimeLeft", "estimated_seconds"]

#: The training rows, and the side of an image, of each data set; other data sets are of NusaX's size.
IMAGES = {"cifar10": (40_000, 32), "digits": (1_077, 8)}
TEXTS = {"sentences": 150}
NUSAX_ROWS = 500

# Seen on two cores of a server of 2024 with AVX2; only their ratios matter.
STARTING = 8.0  # importing Keras, compiling
OPERATIONS_A_SECOND = 9e10  # of a convolution, forward and backward
STEP_SECONDS = {"SimpleRNN": 4e-4, "GRU": 1e-3, "LSTM": 1e-3}  # of one layer, forward and backward


def estimated_seconds(experiment: Experiment) -> float:
    """Seconds for a whole training, right within a factor of a few."""
    network, training = experiment.architecture, experiment.training
    if isinstance(network, ConvolutionalNetwork):
        every, side = IMAGES[experiment.data.name]
        rows = min(every, experiment.data.train_rows or every)
        epoch = rows * 6 * _multiplications(network, side) / OPERATIONS_A_SECOND
    else:
        every = TEXTS.get(experiment.data.name, NUSAX_ROWS)
        batches = min(every, experiment.data.train_rows or every) / training.batch_size
        epoch = batches * _steps(network) * STEP_SECONDS[network.cell]
    return STARTING + training.epochs * epoch


def _multiplications(network: ConvolutionalNetwork, side: int) -> float:
    """Those of the convolutions, forward, for one image."""
    total, channels = 0.0, 3
    for block in network.blocks:
        for filters in block:
            total += side**2 * network.kernel_size**2 * channels * filters
            channels = filters
        side //= 2
    return total


def _steps(network: RecurrentNetwork) -> float:
    """Time steps of all layers and directions; those of wide layers count more."""
    directions = 2 if network.bidirectional else 1
    return network.output_sequence_length * directions * sum(1 + units / 128 for units in network.units)


class TimeLeft:
    """How long trainings still take: by their estimates, and by how these have turned out so far.

    Args:
        experiments: all that are to be run.
        clock: tells the seconds.
    """

    #: An estimate counts as much as so many seconds of experience.
    TRUST = 60.0

    def __init__(
        self, experiments: Iterable[Experiment], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self.estimates = {experiment.name: estimated_seconds(experiment) for experiment in experiments}
        self.shares = dict.fromkeys(self.estimates, 0.0)
        self.started: float | None = None
        self.seen = 0.0  # what has been done since, in estimated seconds

    def begin(self, name: str, share: float) -> None:
        """Note that a training goes on from a share of it that was done before."""
        self.shares[name] = share
        if self.started is None:
            self.started = self.clock()

    def reach(self, name: str, share: float) -> None:
        """Note that a share of a training is done."""
        if self.started is not None:
            self.seen += (share - self.shares[name]) * self.estimates[name]
        self.shares[name] = share

    def drop(self, name: str) -> None:
        """Note that nothing is left to do for a training, because it was done before, or failed."""
        self.shares[name] = 1.0

    def seconds(self) -> float:
        """The seconds left for all of them."""
        ahead = sum(seconds * (1 - self.shares[name]) for name, seconds in self.estimates.items())
        gone = 0.0 if self.started is None else self.clock() - self.started
        return ahead * (gone + self.TRUST) / (self.seen + self.TRUST)
