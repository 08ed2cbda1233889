"""Classifiers: models whose `predict` gives class ids, as scikit-learn's do and the study's did."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from maju.errors import InputError, ModelKindError
from maju.formats.specification import ModelFile
from maju.layers.base import Array, Part
from maju.layers.one_cell import OneCellLayer
from maju.models.inputs import flat
from maju.models.load import model_of, read_source
from maju.models.model import Model
from maju.models.tensors import settle

__all__ = ["CNNFromScratch", "Classifier", "LSTMFromScratch", "RNNFromScratch"]

#: Layers and cells that make a model one of the same kind as another layer.
KIN = {
    **dict.fromkeys(("Conv1D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), "Conv2D"),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"), "Conv2D"),
    "SimpleRNNCell": "SimpleRNN",
    "GRUCell": "GRU",
    "LSTMCell": "LSTM",
}


class Classifier(Model):
    """A Keras classifier, run from scratch: `predict` gives class ids, `predict_proba` probabilities.

    Made empty, and filled by `load_keras_model` or `load_weights`; or in one step by `load`::

        model = CNNFromScratch().load_keras_model("model.keras")
        model = CNNFromScratch.load("model.keras")
    """

    #: The Keras layers that make a model one of this kind; none for a classifier of any kind.
    kind_layers: ClassVar[tuple[str, ...]] = ()

    _empty = True

    def __init__(self) -> None:  # `_take` fills it
        pass

    @classmethod
    def load(cls, source: str | Path | Any) -> Self:
        """A classifier from a model file or a live Keras model."""
        return cls().load_keras_model(source)

    def load_keras_model(self, source: str | Path | Any) -> Self:
        """Take over the layers and the weights of a model file, or of a live Keras model.

        Raises:
            ModelKindError: the model is one of another kind.
            ModelFormatError: the file is no model, or is damaged.
            UnsupportedModelError: the model needs what maju does not have; names all of it.
        """
        return self._take(read_source(source))

    def save_weights(self, path: str | Path) -> None:
        """Save layers and weights; `Model.save` says what the suffixes mean."""
        self.save(path)

    def load_weights(self, path: str | Path) -> Self:
        """Take over what `save_weights` wrote, or weights alone into the layers that there are.

        Raises:
            ModelKindError: the file was saved by a classifier of another kind.
            ModelFormatError: the file is no model, or is damaged.
        """
        file = read_source(path)
        if file.spec is not None:
            return self._take(file)
        if self._empty:
            raise InputError(f"{path}: weights alone; load the model that they belong to first")
        return super().load_weights(path)

    def _take(self, file: ModelFile) -> Self:
        own = [kind.__name__ for kind in type(self).__mro__]
        others = (CNNFromScratch, RNNFromScratch, LSTMFromScratch)
        if self.kind_layers and file.kind not in own and file.kind in [kind.__name__ for kind in others]:
            raise ModelKindError(
                f"{file.path}: saved by {file.kind}, not {type(self).__name__}; "
                f"open it with {file.kind} or maju.load"
            )
        model = model_of(file)
        self._check_kind(model, file.path)
        self.hold(model.spec, model.nodes, model.shapes)
        settle(self, anew=True)
        self.saved_training, self._trainer = model.saved_training, None
        self._empty = self.handed_out = False
        return self

    def _check_kind(self, model: Model, path: str) -> None:
        """Refuse a model whose layers are those of another kind."""
        held = set(_keras_classes(model))
        if not self.kind_layers or any(KIN.get(name, name) in self.kind_layers for name in held):
            return
        for other in (CNNFromScratch, RNNFromScratch, LSTMFromScratch):
            found = sorted(name for name in held if KIN.get(name, name) in other.kind_layers)
            if found:
                raise ModelKindError(
                    f"{path}: no model for {type(self).__name__}: it has no {' or '.join(self.kind_layers)} "
                    f"layer, but {', '.join(found)}; open it with {other.__name__} or maju.load"
                )

    def __getattr__(self, name: str) -> Any:
        """What an empty classifier does not have yet."""
        kind = type(self).__name__
        if self._empty and name in ("spec", "shapes", "held", "steps"):
            raise InputError(f"this {kind} is empty: call load_keras_model or load_weights first")
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")

    def _kind(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()" if self._empty else super().__repr__()

    # Predicting

    def predict_proba(self, x: Any, batch_size: int | None = None) -> Array:
        """The probability of each class, (rows, classes).

        A single sigmoid output p gives the two columns 1 − p and p, as in scikit-learn.

        Raises:
            InputError: the model's output is not probabilities (its last activation is neither softmax
                nor sigmoid), or not a single table of them.
        """
        return self._probabilities(self._table(x, batch_size))

    def _probabilities(self, p: Array) -> Array:
        activation = self.activation_of(flat(self.spec.outputs)[0])
        if activation not in ("softmax", "sigmoid"):
            raise InputError(
                f"the model ends in the activation {activation!r}, which gives no probabilities; "
                f"use forward, or maju.load(path).predict"
            )
        return np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else p

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
        *,
        out: Any = None,
    ) -> Array:
        """The class id of each row: the output that is largest, or p > ½ for a single sigmoid output.

        Args:
            out: an array of whole numbers for the class ids; the rest as for `Model.predict`.
        """
        scores: Array = self._table(x, batch_size, verbose, steps, callbacks)
        if scores.shape[1] == 1:
            scores = self._probabilities(scores)
        undefined = np.flatnonzero(np.isnan(scores).any(axis=1))
        if undefined.size:
            first = undefined[0]
            raise InputError(
                f"{undefined.size} rows have no class: their outputs are NaN, first in row {first}"
            )
        if out is not None and (not isinstance(out, np.ndarray) or out.shape != (len(scores),)):
            raise InputError(f"out: expected an array for {len(scores)} class ids, of shape ({len(scores)},)")
        classes: Array = np.argmax(scores, axis=1, out=out)
        return classes

    def _table(self, x: Any, *how: Any) -> Array:
        """The outputs as one table, (rows, classes)."""
        y = super().predict(x, *how)
        if not isinstance(y, np.ndarray) or y.ndim != 2:
            shape = y.shape if isinstance(y, np.ndarray) else f"{len(y)} outputs"
            raise InputError(
                f"a classifier gives (rows, classes), this model {shape}; open it with maju.load"
            )
        return y


class CNNFromScratch(Classifier):
    """A convolutional network."""

    kind_layers = ("Conv2D",)


class RNNFromScratch(Classifier):
    """A plain recurrent network (SimpleRNN or GRU), one way or both."""

    kind_layers = ("SimpleRNN", "GRU")


class LSTMFromScratch(Classifier):
    """A long short-term memory, one way or both."""

    kind_layers = ("LSTM",)


def _keras_classes(part: Any) -> list[str]:
    """The Keras classes of a model's layers, those inside wrappers, cells and nested models too."""
    if isinstance(part, OneCellLayer):
        return []  # its cell is the layer itself
    inside = part.layers if isinstance(part, Model) else vars(part).values()
    found = []
    for value in inside:
        for inner in value.values() if isinstance(value, dict) else [value]:
            if isinstance(inner, Part):
                found += [inner.keras_class, *_keras_classes(inner)]
    return found
