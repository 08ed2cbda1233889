"""What classifier and regressor have in common: parameters, the model, training it, what it gives."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from maju import layers, optimizers
from maju import random as seeds
from maju.callbacks import Callback, EarlyStopping
from maju.errors import InputError
from maju.layers.base import Array
from maju.models import Model, Sequential
from maju.training.outputs import names_of

__all__ = ["MajuEstimator"]

FLOATS = (np.float64, np.float32)
#: For how many epochs `early_stopping` waits for a better loss.
PATIENCE = 10


class MajuEstimator(BaseEstimator):  # type: ignore[misc]
    """A network that scikit-learn can fit.

    Args:
        build: the network. None for Dense layers with relu, which compute in float64 for X of float64 (or of
            whole numbers) and in float32 for X of float32. A model is copied, and trained from the weights
            that it has. A function ``build(input_shape, n_outputs)`` gives a new model for rows of that
            shape, as ``(28, 28, 1)``.
        hidden: the units of each hidden layer, where `build` is None.
        optimizer: one of `maju.optimizers`, or its name; None for what the model was compiled with, or adam.
        loss: one of `maju.losses`, or its name; None for what the model was compiled with, or the usual one.
        learning_rate: in place of the optimizer's own.
        epochs: how often `fit` goes through all rows.
        batch_size: how many rows a step takes.
        validation_split: the share of the rows that `fit` draws to be kept for validation.
        early_stopping: whether `fit` ends when the loss has got no better for 10 epochs, and takes the
            weights of the best one: the loss of the rows kept for validation, if there are any.
        callbacks: `maju.callbacks`; copies of them are told.
        warm_start: whether `fit` goes on with the model of the last `fit`.
        random_state: a number, or NumPy's RandomState, from which all follows that is drawn; None leaves it
            to `maju.set_random_seed`. What the layers of a given model draw follows from that model.
        verbose: as in `Model.fit`.

    Attributes:
        model_: the trained model.
        history_: loss and metrics of every epoch.
        n_iter_: for how many epochs the model was trained.
        n_features_in_: how many columns X has, unless they are texts.
        feature_names_in_: their names, where X has names.
    """

    model_: Model
    history_: dict[str, list[float]]
    n_iter_: int
    #: Where `random_state` has come to.
    _seeds: dict[str, Any]

    #: The activation of the last layer, where `build` is None.
    activation: ClassVar[str]
    #: What `history_` tells beside the loss, unless a compiled model says otherwise.
    metrics: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        build: Model | Callable[[tuple[int, ...], int], Model] | None = None,
        *,
        hidden: Sequence[int] = (100,),
        optimizer: Any = None,
        loss: Any = None,
        learning_rate: Any = None,
        epochs: int = 50,
        batch_size: int = 32,
        validation_split: float = 0.0,
        early_stopping: bool = False,
        callbacks: Sequence[Callback] | Callback | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
    ) -> None:
        self.build = build
        self.hidden = hidden
        self.optimizer = optimizer
        self.loss = loss
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.early_stopping = early_stopping
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    # What each kind of estimator says

    def _learn_targets(self, y: Array) -> int:
        """Learn from targets what the model is to tell; gives how many numbers that is for a row."""
        raise NotImplementedError

    def _check_targets(self, y: Array, *, whole: bool) -> None:
        """Refuse targets other than those that were learned; `whole`: these are all that there are."""

    def _check_units(self, units: int) -> None:
        """Refuse a model that gives this many numbers for a row."""
        raise NotImplementedError

    def _usual_loss(self, units: int) -> str:
        raise NotImplementedError

    def _encoded(self, y: Array) -> Array:
        """The targets as the model's loss takes them."""
        raise NotImplementedError

    def _class_weights(self, y: Array) -> Array | None:
        """By how much each row counts for its class."""
        return None

    def _strata(self, y: Array) -> Array | None:
        """What is as frequent among the rows kept for validation as among the others."""
        return None

    # Fitting

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new model, or with `warm_start` the one that there is.

        Args:
            X: (rows, features); where `build` is given also images, numbers of tokens or texts.
            y: the target of each row.
            sample_weight: by how much each row counts, beside the others; one of weight 0 is left out.

        Raises:
            ValueError: they do not fit one another, or the model.
            NotFiniteError: the loss or a gradient is infinite or no number.
        """
        return self._fit(X, y, sample_weight, goes_on=bool(self.warm_start) and hasattr(self, "model_"))

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, *, goes_on: bool, whole: bool = True, targets: Any = None
    ) -> Self:
        """Train; `whole`: on all rows and for all epochs, else on some of them and for one epoch."""
        X, y = self._checked(X, y, reset=not goes_on)
        n_outputs = 0 if goes_on else self._learn_targets(y if targets is None else targets)
        X, y, weights = self._weighted(X, y, sample_weight)
        self._check_targets(y, whole=whole)
        with self._drawing(goes_on):
            if not goes_on:
                self.model_ = self._made(X, n_outputs)
                self._compile(self.model_)
                self.history_, self.n_iter_ = {}, 0
            self._train(X, y, weights, whole)
        return self

    def _checked(self, X: Any, y: Any, *, reset: bool, **options: Any) -> Any:
        """X, and y unless it is "no_validation", as arrays."""
        given = self.build is not None
        return validate_data(
            self,
            X,
            y,
            reset=reset,
            dtype=None if given else FLOATS,
            allow_nd=given,
            ensure_2d=not (given and np.ndim(X) == 1),  # texts
            **options,
        )

    def _weighted(self, X: Array, y: Array, sample_weight: Any) -> tuple[Array, Array, Array | None]:
        """The rows that count, and by how much: 1 on average, as if rows of weight 2 were there twice."""
        weights = self._class_weights(y)
        if sample_weight is not None:
            given = check_array(sample_weight, dtype=FLOATS, ensure_2d=False, input_name="sample_weight")
            if given.ndim != 1:
                raise InputError(
                    f"sample_weight: expected a number for each row, got an array of shape {given.shape}"
                )
            check_consistent_length(X, given)
            weights = given if weights is None else given * weights
        if weights is None:
            return X, y, None
        if (weights < 0).any():
            raise InputError("sample_weight: expected no weights below zero")
        counts = weights > 0
        if not counts.any():
            raise InputError("sample_weight: every weight is zero, so that no row counts")
        X, y, weights = X[counts], y[counts], weights[counts]
        return X, y, weights / weights.mean()

    @contextmanager
    def _drawing(self, goes_on: bool) -> Iterator[None]:
        """Draw from `random_state` alone, and from where the last training left it if this one goes on."""
        if self.random_state is None:
            yield
            return
        anew = not (goes_on and hasattr(self, "_seeds"))
        seed = int(check_random_state(self.random_state).randint(2**31)) if anew else self._seeds
        with seeds.drawing_from(seed):
            yield
            self._seeds = seeds.get_state()

    def _train(self, X: Array, y: Array, weights: Array | None, whole: bool) -> None:
        kept, held = np.arange(len(X)), None
        if whole and self.validation_split:
            kept, held = train_test_split(
                kept,
                test_size=self.validation_split,
                stratify=self._strata(y),
                random_state=int(seeds.generator().integers(2**31)),
            )
        targets = self._encoded(y)

        def rows(place: Any) -> tuple[Any, ...]:
            return (
                (X[place], targets[place]) if weights is None else (X[place], targets[place], weights[place])
            )

        x, y_true, *of_rows = rows(kept)
        history = self.model_.fit(
            x,
            y_true,
            sample_weight=of_rows[0] if of_rows else None,
            batch_size=self.batch_size,
            epochs=self.n_iter_ + (self.epochs if whole else 1),
            initial_epoch=self.n_iter_,
            validation_data=None if held is None else rows(held),
            callbacks=self._callbacks(whole),
            verbose=self.verbose,
        )
        self.n_iter_ += len(history.epoch)
        for name, values in history.history.items():
            self.history_.setdefault(name, []).extend(values)

    def _callbacks(self, whole: bool) -> list[Callback]:
        given = copy.deepcopy(self.callbacks)
        callbacks = [given] if isinstance(given, Callback) else list(given or ())
        if whole and self.early_stopping:
            monitor = "val_loss" if self.validation_split else "loss"
            callbacks.append(EarlyStopping(monitor, patience=PATIENCE, restore_best_weights=True))
        return callbacks

    # The model

    def _made(self, X: Array, n_outputs: int) -> Model:
        """The model for rows such as these, of weights as yet untrained."""
        if self.build is None:
            return self._dense(X, n_outputs)
        model: Any = self.build
        if isinstance(model, Model):
            model = copy.deepcopy(model)
        elif callable(model):
            model = model(X.shape[1:], n_outputs)
        if not isinstance(model, Model):
            raise InputError(
                f"build: expected a maju model, or a function of input_shape and n_outputs that gives one, "
                f"got {model!r}"
            )
        if isinstance(model, Sequential):
            model.build_for(X)
        shape = model.output_shape()
        if not isinstance(shape, tuple) or len(shape) != 2:
            gives = shape if isinstance(shape, tuple) else ", ".join(names_of(model))
            raise InputError(f"build: expected a model of one output, (rows, units); it gives {gives}")
        self._check_units(shape[1])
        return model

    def _dense(self, X: Array, n_outputs: int) -> Model:
        dtype = X.dtype.name
        if not isinstance(self.hidden, Sequence):
            raise InputError(f"hidden: expected the units of each layer, as (100,), got {self.hidden!r}")
        hidden = [
            layers.Dense(units, activation="relu", dtype=dtype, name=f"hidden_{place}")
            for place, units in enumerate(self.hidden)
        ]
        output = layers.Dense(n_outputs, activation=self.activation, dtype=dtype, name="output")
        return Sequential([layers.Input(X.shape[1:], dtype=dtype, name="features"), *hidden, output], "dense")

    def _compile(self, model: Model) -> None:
        needed = self.optimizer is None or self.loss is None
        own = model.trainer if needed and model.compiled else None
        if own is None or self.optimizer is not None or self.loss is not None:
            optimizer = self.optimizer if self.optimizer is not None else own.optimizer if own else "adam"
            usual = own.loss if own else self._usual_loss(model.output_shape()[1])
            model.compile(
                optimizers.get(copy.deepcopy(optimizer)),
                copy.deepcopy(self.loss) if self.loss is not None else usual,
                metrics=own.metrics if own else list(self.metrics),
            )
        if self.learning_rate is not None:
            model.optimizer.learning_rate = copy.deepcopy(self.learning_rate)

    # What it gives

    def _outputs(self, X: Any) -> Array:
        """What the model gives for these rows, (rows, units).

        Raises:
            InputError: it gives what is not finite.
        """
        check_is_fitted(self, "model_")
        outputs: Array = self.model_.predict(self._checked(X, "no_validation", reset=False))
        wrong = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if wrong.size:
            raise InputError(
                f"the model's outputs are not finite for {wrong.size} rows, first in row {wrong[0]}"
            )
        return outputs
