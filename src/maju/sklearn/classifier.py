"""MajuClassifier: a network that tells classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

from maju import losses
from maju.callbacks import Callback
from maju.errors import InputError
from maju.layers import activations
from maju.layers.base import Array
from maju.losses import Loss, SparseCategoricalCrossentropy
from maju.models import Model
from maju.models.inputs import flat
from maju.sklearn.estimator import MajuEstimator
from maju.training.outputs import per_output

__all__ = ["MajuClassifier"]


class MajuClassifier(ClassifierMixin, MajuEstimator):  # type: ignore[misc]
    """A network as a classifier of scikit-learn, trained by maju.

    Labels may be anything that can be sorted. The model gives a number for each class, or for two classes a
    single sigmoid.

    Args:
        class_weight: by how much the rows of each class count: a dict of labels; "balanced" for classes that
            count the same however many rows they have.
        build, hidden, ...: see `MajuEstimator`. Without a `build` the last layer is a softmax. The usual loss
            is ``"sparse_categorical_crossentropy"``, for a single sigmoid ``"binary_crossentropy"``.

    Attributes:
        classes_: the labels, sorted: those of the columns of `predict_proba`.
    """

    activation = "softmax"
    metrics = ("accuracy",)

    classes_: Array

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
        class_weight: Mapping[Any, float] | str | None = None,
        callbacks: Sequence[Callback] | Callback | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
    ) -> None:
        super().__init__(
            build,
            hidden=hidden,
            optimizer=optimizer,
            loss=loss,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            validation_split=validation_split,
            early_stopping=early_stopping,
            callbacks=callbacks,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch more, on these rows.

        Args:
            classes: every label that will ever come; needed at the first call, unless these rows have all.
        """
        if isinstance(self.class_weight, str):
            raise InputError(
                "class_weight='balanced' needs all rows: give partial_fit a dict, or sample_weight"
            )
        goes_on = hasattr(self, "model_")
        if goes_on and classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise InputError(f"classes: {classes} at this call, {self.classes_} at the first")
        return self._fit(X, y, sample_weight, goes_on=goes_on, whole=False, targets=classes)

    def predict(self, X: Any) -> Array:
        """The label of each row: that of the largest output; of a single sigmoid the second where p > ½."""
        outputs = self._outputs(X)
        scores = self._probabilities(outputs) if outputs.shape[1] == 1 else outputs
        labels: Array = self.classes_[scores.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (rows, classes), in the order of `classes_`.

        Raises:
            InputError: the model gives something else, as after a loss that needs no probabilities.
        """
        return self._probabilities(self._outputs(X))

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            logarithms: Array = np.log(self.predict_proba(X))
        return logarithms

    def _probabilities(self, outputs: Array) -> Array:
        wanted = "sigmoid" if outputs.shape[1] == 1 else "softmax"
        last = self.model_.activation_of(flat(self.model_.spec.outputs)[0])
        if last == "linear" and getattr(self._loss(), "from_logits", False):
            outputs = activations.get(wanted)(outputs)
        elif last != wanted:
            raise InputError(
                f"the model ends in the activation {last!r}, which gives no probabilities; expected "
                f"{wanted!r}, or a loss with from_logits=True"
            )
        return np.concatenate([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs

    # What the estimator asks for

    def _checked(self, X: Any, y: Any, *, reset: bool, **options: Any) -> Any:
        checked = super()._checked(X, y, reset=reset, **options)
        if isinstance(y, str):
            return checked
        X, y = checked
        check_classification_targets(y)
        return X, column_or_1d(y)

    def _learn_targets(self, y: Array) -> int:
        self.classes_ = np.unique(y)
        return len(self.classes_)

    def _check_targets(self, y: Array, *, whole: bool) -> None:
        labels = np.unique(y)
        unknown = np.setdiff1d(labels, self.classes_)
        if unknown.size:
            raise InputError(f"y: {unknown[0]!r} is not among the classes {self.classes_} that are trained")
        if whole and len(labels) < 2:
            raise InputError(f"y: expected two classes or more, the rows have one class, {labels[0]!r}")

    def _check_units(self, units: int) -> None:
        classes = len(self.classes_)
        if units != classes and (units, classes) != (1, 2):
            raise InputError(f"build: expected a model of {classes} outputs, one for each class, got {units}")

    def _usual_loss(self, units: int) -> str:
        return "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"

    def _loss(self) -> Loss | None:
        model = self.model_
        given = per_output(model, model.trainer.loss, "loss", complete=False)[0]
        return losses.for_shapes(given, (1,), (1, model.output_shape()[1]))

    def _encoded(self, y: Array) -> Array:
        numbers = np.searchsorted(self.classes_, y)
        if self.model_.output_shape()[1] == 1:
            return numbers[:, None].astype(np.float32)
        if isinstance(self._loss(), SparseCategoricalCrossentropy):
            return numbers
        rows: Array = np.eye(len(self.classes_), dtype=np.float32)[numbers]
        return rows

    def _class_weights(self, y: Array) -> Array | None:
        if self.class_weight is None:
            return None
        weights: Array = compute_sample_weight(self.class_weight, y)
        return weights

    def _strata(self, y: Array) -> Array | None:
        return y
