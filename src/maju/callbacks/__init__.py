"""Callbacks under Keras's names: what is told of each epoch and each batch of a training.

::

    from maju.callbacks import BackupAndRestore, EarlyStopping

    model.fit(x, y, epochs=100, validation_split=0.1,
              callbacks=[EarlyStopping(patience=5, restore_best_weights=True), BackupAndRestore("backup")])

One of your own is a subclass of `Callback` with the ``on_…`` that it wants to hear of.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from typing import Any

from maju.callbacks.backup_and_restore import BackupAndRestore
from maju.callbacks.callback import Callback, CallbackList
from maju.callbacks.csv_logger import CSVLogger
from maju.callbacks.early_stopping import EarlyStopping
from maju.callbacks.epoch_lines import EpochLines
from maju.callbacks.history import History
from maju.callbacks.lambda_callback import LambdaCallback
from maju.callbacks.learning_rate_scheduler import LearningRateScheduler
from maju.callbacks.model_checkpoint import ModelCheckpoint
from maju.callbacks.progress_bar import ProgressBar
from maju.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from maju.callbacks.tensorboard import TensorBoard
from maju.callbacks.terminate_on_nan import TerminateOnNaN
from maju.training.arguments import check_verbose

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "EpochLines",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgressBar",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "default_progress",
    "with_progress",
]


def with_progress(callbacks: Callback | Sequence[Callback] | None, verbose: Any) -> list[Callback]:
    """The callbacks that `fit` was given, and after them what shows how far it is.

    Raises:
        InputError: something among them is no callback.
    """
    given = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
    shown = any(isinstance(callback, EpochLines) for callback in given)
    return given if shown else [*given, *default_progress(verbose)]


def default_progress(verbose: Any) -> list[Callback]:
    """What shows how far a training is, for what `fit` was told of `verbose`.

    A bar for 1 and "auto" on a terminal where rich is installed, else a line an epoch; a line an epoch for 2;
    nothing for 0.

    Raises:
        InputError: it is none of these.
    """
    check_verbose(verbose)
    if not verbose:
        return []
    return [EpochLines() if verbose == 2 or not _may_show_bars() else ProgressBar()]


def _may_show_bars() -> bool:
    try:
        return sys.stdout.isatty() and importlib.util.find_spec("rich") is not None
    except (AttributeError, ValueError):  # no output at all, or rich is barred from being imported
        return False
