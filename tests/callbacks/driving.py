"""Telling callbacks what happens in a training that there is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from maju import metrics, optimizers
from maju.callbacks import Callback
from maju.metrics import Metric

Logs = Mapping[str, Any]
RATE = 0.1


def model_for(callback: Callback, named: Mapping[str, Metric] | None = None) -> Any:
    """A model of maju as far as callbacks look at it; saves nothing and tells where it would."""
    scores = SimpleNamespace(by_name=lambda: {"loss": metrics.Mean(name="loss"), **(named or {})})
    model = SimpleNamespace(
        trainer=SimpleNamespace(scores=scores),
        optimizer=optimizers.SGD(RATE),
        stop_training=False,
        weights={"w": np.zeros(2, np.float32)},
        saved=[],
    )
    model.save = lambda path: model.saved.append(str(path))
    callback.set_model(cast(Any, model))
    callback.set_params({"epochs": 100, "steps": 3, "verbose": 0})
    return model


def keras_model_for(callback: Any) -> Any:
    """The same for a callback of Keras."""
    import keras

    model = SimpleNamespace(
        optimizer=keras.optimizers.SGD(RATE), stop_training=False, weights=[np.zeros(2, np.float32)], saved=[]
    )
    model.get_weights = lambda: [array.copy() for array in model.weights]
    model.set_weights = lambda given: setattr(model, "weights", given)
    model.save = lambda path, **_: model.saved.append(str(path))
    model.save_weights = model.save
    callback.set_model(model)
    callback.set_params({"epochs": 100, "steps": 3, "verbose": 0})
    return model


def drive(callback: Any, model: Any, epochs: Sequence[Logs], batches: int = 3) -> list[dict[str, Any]]:
    """What a callback does in epochs that end with these logs: the model and the logs after each."""
    found = []
    weights = model.weights if isinstance(model.weights, list) else list(model.weights.values())
    callback.on_train_begin({})
    for epoch, given in enumerate(epochs):
        logs = dict(given)
        callback.on_epoch_begin(epoch, {})
        weights[0][...] = epoch + 1
        for batch in range(batches):
            callback.on_train_batch_begin(batch, {})
            callback.on_train_batch_end(
                batch, {key: value for key, value in given.items() if "val" not in key}
            )
        callback.on_epoch_end(epoch, logs)
        rate = np.float32(model.optimizer.learning_rate)
        found.append({"stops": model.stop_training, "rate": rate, "logs": logs, "saved": list(model.saved)})
        if model.stop_training:
            break
    callback.on_train_end({})
    last = model.weights if isinstance(model.weights, list) else list(model.weights.values())
    return [*found, {"weights": last[0].tolist()}]
