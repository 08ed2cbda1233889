"""What `compile`, `fit`, `evaluate` and `predict` are given wrong: one line each, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import maju
from maju import layers
from maju.callbacks import EarlyStopping
from maju.errors import InputError, NotFiniteError
from maju.layers.base import Array

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 6)).astype(np.float32)
LABELS = RNG.integers(0, 3, 50)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
SPARSE = "sparse_categorical_crossentropy"


def model(last: str | None = "softmax", units: int = 3, loss: Any = SPARSE, **compiled: Any) -> maju.Model:
    made = maju.Sequential([layers.Input((6,)), layers.Dense(units, activation=last, name="out")])
    made.compile("sgd", loss, **compiled)
    return made


def two_outputs(**compiled: Any) -> maju.Model:
    x = maju.Input((6,))
    made = maju.Model(x, [layers.Dense(3, name="b")(x), layers.Dense(1, name="a")(x)])
    made.compile("sgd", **{"loss": "mse", **compiled})
    return made


def batches(count: int = 3, size: int = 10) -> Iterator[tuple[Array, Array]]:
    for start in range(0, count * size, size):
        yield X[start : start + size], LABELS[start : start + size]


def fitting(*args: Any, **kwargs: Any) -> Callable[[], Any]:
    return lambda: model().fit(*(args or (X, LABELS)), **{"verbose": 0, **kwargs})


def changed(at: int, value: float) -> Array:
    weights = np.ones(50)
    weights[at] = value
    return weights


WHOLE = "must be a whole number of at least 1, got"
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    **{
        f"{name}={value!r}": (
            fitting(**{name: value, "validation_split": 0.2}),
            f"^{name} {WHOLE} {value!r}$",
        )
        for name in ("epochs", "batch_size", "steps_per_epoch", "validation_steps", "validation_batch_size")
        for value in (0, True, 2.5)
    },
    "epochs='3'": (fitting(epochs="3"), f"^epochs {WHOLE} '3'$"),
    "initial_epoch=-1": (fitting(initial_epoch=-1), "initial_epoch must be a whole number of at least 0"),
    "evaluate steps=0": (lambda: model().evaluate(X, LABELS, steps=0), f"^steps {WHOLE} 0$"),
    "predict batch_size=True": (lambda: model().predict(X, batch_size=True), f"^batch_size {WHOLE} True$"),
    "predict verbose=7": (lambda: model().predict(X, verbose=7), "verbose=7; expected 0, 1, 2 or 'auto'"),
    "validation_freq=0": (fitting(validation_freq=0), f"^validation_freq {WHOLE} 0$"),
    "validation_freq='a'": (fitting(validation_freq="a"), "validation_freq='a'; expected a whole number of"),
    "validation_freq=['a']": (fitting(validation_freq=["a"]), "an epoch in validation_freq must be a whole"),
    "validation_split='a'": (fitting(validation_split="a"), "validation_split='a'; expected a share"),
    "validation_split=1.0": (fitting(validation_split=1.0), "validation_split=1.0; expected a share"),
    "validation_split of a row": (
        fitting(X[:1], LABELS[:1], validation_split=0.5),
        "validation_split=0.5 of 1 rows leaves one side empty",
    ),
    "callbacks=5": (fitting(callbacks=5), "^callbacks: expected maju.callbacks.Callback objects, got 5$"),
    "callbacks, a class": (
        fitting(callbacks=EarlyStopping),
        r"^callbacks: write callbacks=\[EarlyStopping\(\)\], not the class EarlyStopping itself$",
    ),
    "augment of one argument": (
        fitting(augment=lambda x: x),
        "^augment: expected a function of x and rng, got",
    ),
    "sample weight NaN": (
        fitting(sample_weight=changed(3, np.nan)),
        "^sample_weight: expected finite numbers of at least 0, got nan in row 3$",
    ),
    "sample weight below zero": (fitting(sample_weight=changed(7, -2)), r"got -2.0 in row 7$"),
    "sample weight text": (fitting(sample_weight=["a"] * 50), "sample_weight: expected an array of numbers"),
    "class weight NaN": (
        fitting(class_weight={0: np.nan}),
        "class_weight of class 0 must be a finite number",
    ),
    "class weight of no class": (
        fitting(class_weight={5: 2.0}),
        "^class_weight: no row of y is of class 5; its classes are 0, 1, 2$",
    ),
    "class weight, a list": (fitting(class_weight=[1, 2]), r"class_weight: expected a dict .*, got \[1, 2\]"),
    "labels of three classes for yes and no": (
        lambda: model("sigmoid", 1, "bce").fit(X, LABELS, verbose=0),
        "^loss 'bce': label 2 in row [0-9]+; expected labels from 0 to 1; for numbers of categories take",
    ),
    "numbers of classes for rows": (
        lambda: model(loss="categorical_crossentropy").fit(X, LABELS, verbose=0),
        r"expected y_true of shape \(32, 3\), as y_pred, got \(32,\); .* take 'sparse_categorical_cross",
    ),
    "rows for numbers of classes": (fitting(X, ONE_HOT), "for vectors of categories take 'categorical_cross"),
    "texts as labels": (
        fitting(X, np.array(["a", "b"] * 25, dtype=object)),
        r"y: expected an array of numbers, .* of object; np.unique\(y, return_inverse=True\)\[1\] numbers",
    ),
    "objects as labels": (
        fitting(X, LABELS.astype(object)),
        r"got shape \(50,\) of object; np.asarray\(values, float\) makes numbers of objects$",
    ),
    "objects as x": (fitting(X.astype(object), LABELS), "expected numbers, got values of type object"),
    "a frame with texts": (
        fitting(pd.DataFrame({"a": ["x"] * 50, "b": [1.0] * 50}), LABELS),
        "expected numbers, got values of type object",
    ),
    "ragged x": (fitting([[1, 2], [3]], [0, 1]), "not an array"),
    "x and y in a tuple": (lambda: model().fit((X, LABELS)), r"it is fit\(x, y\), not fit\(\(x, y\)\)$"),
    "nothing": (lambda: model().fit(), "^x: expected arrays, or an iterable of batches, got None$"),
    "validation without targets": (
        fitting(validation_data=X),
        r"^validation_data: expected \(x, y\) or \(x, y, sample_weight\), or an iterable of batches$",
    ),
    "validation of another width": (
        fitting(validation_data=(X[:, :2], LABELS)),
        r"^validation_data: input 'input_layer.*': expected shape \(batch, 6\), got \(32, 2\)$",
    ),
    "validation with other targets": (
        fitting(validation_data=(X, ONE_HOT)),
        r"^validation_data: expected y of shape \(32,\) but for the rows, got \(32, 3\)$",
    ),
    "y beside batches": (
        lambda: model().fit(batches(), LABELS),
        r"^x gives batches \(x, y\) one after the other; leave y out$",
    ),
    "sample weights beside batches": (
        lambda: model().fit(batches(), sample_weight=changed(0, 2)),
        "leave sample_weight out",
    ),
    "batches of three and one": (lambda: model().fit(iter([(X, LABELS, LABELS, 1)])), "got one of 4 things$"),
    "batches of x alone": (lambda: model().fit(iter([X])), "got one of a ndarray$"),
    "no batches": (lambda: model().fit(iter([])), "^x: expected batches, got none$"),
    "a generator to validate with": (
        fitting(epochs=2, validation_data=batches()),
        "^validation_data is a generator, whose batches come once: give validation_steps, or a list of",
    ),
    "two losses for one output": (
        lambda: model(loss=["mse", "mae"]).fit(X, LABELS),
        "^loss: expected one for the output 'out', got 2$",
    ),
    "an unknown loss": (lambda: model(loss="msee"), "^no loss 'msee'; near it are MeanSquaredError"),
    "a function as loss": (
        lambda: model(loss=lambda y, p: p),
        r"^loss: the function <lambda> does not tell its gradient; maju.losses.from_functions\(value, grad",
    ),
    "metrics by position": (
        lambda: maju.Sequential([layers.Input((2,)), layers.Dense(1)]).compile("adam", "mse", ["accuracy"]),
        r"^loss_weights: expected numbers, got 'accuracy'; metrics are given as metrics=\[...\]$",
    ),
    "a loss weight NaN": (lambda: two_outputs(loss_weights=[1, np.nan]), "loss_weights: expected a finite"),
    "three loss weights for two": (
        lambda: two_outputs(loss_weights=[1, 2, 3]).fit(X, [ONE_HOT, LABELS]),
        "loss_weights: expected a list or a dict for the 2 outputs b, a, got 3",
    ),
    "a metric alone": (lambda: model(metrics="accuracy"), r"^metrics: expected a list .* got 'accuracy'$"),
    "an unknown metric": (lambda: model(metrics=["acuracy"]), "^no metric 'acuracy'; near it are"),
    "an unknown weighted metric": (
        lambda: model(weighted_metrics=[3]),
        "^expected a metric, its name or its",
    ),
    "jit_compile": (lambda: model(jit_compile="yes"), "jit_compile='yes'; expected True or False or 'auto'"),
    "steps_per_execution": (lambda: model(steps_per_execution=0), f"^steps_per_execution {WHOLE} 0$"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_refused_in_one_line(name: str) -> None:
    wrong, message = WRONG[name]
    with pytest.raises(InputError, match=message) as raised:
        wrong()
    assert "\n" not in str(raised.value)


def test_targets_that_are_not_finite_are_named() -> None:
    y = X[:, 0].copy()
    y[40] = np.nan
    with pytest.raises(
        NotFiniteError, match=r"^epoch 1, batch 2: the targets hold values that are not finite$"
    ):
        model(None, 1, "mse").fit(X, y, shuffle=False, verbose=0)


def test_one_target_for_several_outputs_is_told_of() -> None:
    with pytest.warns(
        UserWarning, match="loss 'mse': y has one number for each row, of which the model gives 3"
    ):
        model(loss="mse").fit(X, X[:, :1], verbose=0)


def test_training_that_moves_nothing_is_refused_batch_by_batch_too() -> None:
    made = model()
    made.trainable = False
    with pytest.raises(InputError, match="no weights that training may move"):
        made.train_on_batch(X, LABELS)


def test_layers_freed_after_a_training_ask_for_a_new_compile() -> None:
    made = model()
    made.layers[-1].trainable = False
    extra = maju.Sequential([made, layers.Dense(2, name="head")])
    extra.compile("adam", "mse")
    extra.fit(X, X[:, :2], verbose=0)
    made.trainable = True
    with pytest.raises(InputError, match=r"Adam: it has a state for other weights; .* call compile again$"):
        extra.fit(X, X[:, :2], verbose=0)
    with pytest.raises(InputError, match=r"call compile again$"):
        extra.train_on_batch(X, X[:, :2])
    extra.compile("adam", "mse")
    extra.fit(X, X[:, :2], verbose=0)


def test_the_same_numbers_from_lists_frames_and_arrays_of_any_kind() -> None:
    found = []
    frame, series = pd.DataFrame(X, index=range(100, 150)), pd.Series(LABELS, dtype="Int64")
    for x, y in ((X, LABELS), (X.tolist(), LABELS.tolist()), (frame, series), ([(X, LABELS)], None)):
        maju.set_random_seed(1)
        size = None if y is None else 50
        found.append(model().fit(x, y, size, shuffle=False, verbose=0).history["loss"][0])
    np.testing.assert_allclose(found, found[0], rtol=1e-6)


def test_batches_that_run_out_end_the_training_with_a_warning() -> None:
    made = model()
    with pytest.warns(UserWarning, match="x gave no more batches in epoch 3, and the training ends"):
        history = made.fit(batches(3), steps_per_epoch=2, epochs=5, verbose=0)
    assert history.epoch == [0, 1]
    assert made.optimizer.iterations == 3


class Sequence:
    """As a `keras.utils.PyDataset`, or a data set that does not know its length."""

    def __init__(self, known: bool) -> None:
        self.known = known
        self.ended = 0

    def __len__(self) -> int:
        if self.known:
            return 3
        raise TypeError("the length is unknown")

    def __iter__(self) -> Iterator[Any]:
        return ([x, y] for x, y in batches(3))

    def on_epoch_end(self) -> None:
        self.ended += 1


@pytest.mark.parametrize("known", [True, False], ids=["length", "no length"])
def test_data_sets_of_other_libraries(known: bool) -> None:
    data = Sequence(known)
    maju.set_random_seed(1)
    history = model().fit(data, epochs=2, validation_data=Sequence(known), verbose=0).history
    maju.set_random_seed(1)
    arrays = model().fit(
        X[:30],
        LABELS[:30],
        batch_size=10,
        epochs=2,
        shuffle=False,
        validation_data=(X[:30], LABELS[:30]),
        verbose=0,
    )
    assert history["loss"] == arrays.history["loss"]
    np.testing.assert_allclose(history["val_loss"], arrays.history["val_loss"], rtol=1e-6)
    assert data.ended >= 2


def test_more_steps_than_there_are_batches_are_told_of() -> None:
    with pytest.warns(UserWarning, match="x has 5 batches of 10 rows, and not the 7 steps asked for"):
        model().fit(X, LABELS, batch_size=10, steps_per_epoch=7, verbose=0)


def test_predict_takes_what_keras_takes() -> None:
    made = model()
    whole = made.predict(X, None, 0)
    np.testing.assert_array_equal(made.predict(X, batch_size=10, steps=2), whole[:20])
    np.testing.assert_allclose(made.predict(x for x, _ in batches(3)), whole[:30], rtol=1e-6)
    np.testing.assert_allclose(made.predict(batches(3), steps=2), whole[:20], rtol=1e-6)
    np.testing.assert_allclose(made.predict_on_batch(X[:4]), whole[:4], rtol=1e-6)
    told: list[Any] = []

    class Telling(maju.callbacks.Callback):
        def on_predict_begin(self, logs: Any = None) -> None:
            told.append("begin")

        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            told.append((batch, logs["outputs"].shape))

        def on_predict_end(self, logs: Any = None) -> None:
            told.append("end")

    made.predict(X, batch_size=40, callbacks=[Telling()])
    assert told == ["begin", (0, (40, 3)), (1, (10, 3)), "end"]


def test_ctrl_c_leaves_weights_and_history() -> None:
    class Interrupting(maju.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if self.model.optimizer.iterations == 3:
                raise KeyboardInterrupt

    made = model()
    with pytest.raises(KeyboardInterrupt):
        made.fit(X, LABELS, epochs=4, verbose=0, callbacks=Interrupting())
    assert made.history is not None
    assert made.history.epoch == [0]
    assert len(made.fit(X, LABELS, epochs=2, verbose=0).epoch) == 2


UNBUILT: dict[str, Callable[[maju.Sequential], Any]] = {
    "evaluate": lambda m: m.evaluate(X, LABELS, verbose=0),
    "train_on_batch": lambda m: m.train_on_batch(X, LABELS),
    "test_on_batch": lambda m: m.test_on_batch(X, LABELS),
    "fit with batches": lambda m: m.fit(batches(), steps_per_epoch=3, verbose=0),
    "predict batches": lambda m: m.predict(batches()),
}


@pytest.mark.parametrize("name", UNBUILT)
def test_a_sequential_compiled_before_its_input_is_known(name: str) -> None:
    made = maju.Sequential([layers.Dense(4), layers.Dense(3, activation="softmax")])
    made.layers[0].trainable = False
    made.compile("adam", SPARSE, metrics=["accuracy"])
    assert made.compiled
    assert made.optimizer.iterations == 0
    UNBUILT[name](made)
    assert made.built
    assert [path.rpartition("/")[2] for path in made.trainable_weights] == ["kernel", "bias"]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1, 2], [3]], "model 'm': x is no array"),
        (3, "model 'm': expected an array with a batch axis, got 3"),
    ],
    ids=["ragged", "a number"],
)
def test_what_a_sequential_cannot_be_built_for(x: Any, message: str) -> None:
    made = maju.Sequential([layers.Dense(3)], name="m")
    with pytest.raises(InputError, match=message):
        made.forward(x)


def test_gradients_whose_squares_overflow_are_finite_all_the_same() -> None:
    made = maju.Sequential([layers.Input((6,)), layers.Dense(1)])
    made.compile(maju.optimizers.SGD(1e-30), "mse")
    made.fit(X * np.float32(1e12), X[:, 0], verbose=0)
    assert made.optimizer.iterations == 2


def test_one_input_in_a_list() -> None:
    made = model()
    np.testing.assert_array_equal(made.predict([X]), made.predict(X))
    assert made.predict([X[0]]).shape == (1, 3)  # a row
    made.fit([X], [LABELS], verbose=0)
