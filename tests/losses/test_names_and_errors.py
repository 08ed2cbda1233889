from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from maju import losses
from maju.errors import InputError

CLASSES = [name for name in losses.__all__ if name[0].isupper() and name not in ("Loss", "ElementwiseLoss")]
#: What the `get_config` of Keras leaves out, and its constructor takes.
LEFT_OUT: dict[str, dict[str, Any]] = {"Huber": {"delta": 1.0}, "CosineSimilarity": {"axis": -1}}
FUNCTIONS = ["mse", "MSE", "mae", "mape", "MSLE", "bce", "kld", "huber", "log_cosh", "mean_squared_error"]


@pytest.mark.parametrize("name", CLASSES)
def test_a_loss_is_written_as_keras_writes_it_and_read_again(name: str) -> None:
    theirs = keras.losses.serialize(getattr(keras.losses, name)())
    ours = losses.serialize(getattr(losses, name)())
    theirs["config"] |= LEFT_OUT.get(name, {})
    assert ours == theirs
    assert type(keras.losses.deserialize(ours)).__name__ == name
    read = losses.get(theirs)
    assert type(read) is getattr(losses, name)
    assert repr(read) == repr(losses.deserialize(ours))
    assert losses.get(name).name == theirs["config"]["name"]  # type: ignore[union-attr]
    assert isinstance(losses.get(getattr(losses, name)), losses.Loss)


def test_losses_are_read_as_keras_2_and_compiled_models_hold_them() -> None:
    of_keras2 = {
        "class_name": "SparseCategoricalCrossentropy",
        "config": {"reduction": "auto", "name": "scce", "from_logits": True, "ignore_class": None, "fn": "x"},
    }
    loss = losses.get(of_keras2)
    assert isinstance(loss, losses.SparseCategoricalCrossentropy)
    assert (loss.reduction, loss.name, loss.from_logits) == ("sum_over_batch_size", "scce", True)
    wrapper = keras.losses.serialize(
        keras.src.losses.losses.LossFunctionWrapper(keras.losses.huber, name="mine", delta=2.0)
    )
    loss = losses.get(wrapper)
    assert isinstance(loss, losses.Huber)
    assert (loss.name, loss.delta) == ("mine", 2.0)
    function = keras.saving.serialize_keras_object(keras.losses.mean_squared_error)
    assert isinstance(losses.deserialize(function), losses.MeanSquaredError)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_names_are_those_of_keras(name: str) -> None:
    loss = losses.get(name)
    assert loss is not None
    assert loss.name == name
    y_true, y_pred = np.array([[1.0, 0, 0.5]]), np.array([[0.3, 0.2, 0.9]])
    assert loss(y_true, y_pred) == pytest.approx(float(keras.losses.get(name)(y_true, y_pred)[0]), rel=1e-5)


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        (((5, 1), (5, 1)), losses.BinaryCrossentropy),
        (((5,), (5, 1)), losses.BinaryCrossentropy),
        (((5,), (5, 3)), losses.SparseCategoricalCrossentropy),
        (((5, 1), (5, 3)), losses.SparseCategoricalCrossentropy),
        (((5, 3), (5, 3)), losses.CategoricalCrossentropy),
        (((5, 4), (5, 4, 3)), losses.SparseCategoricalCrossentropy),
    ],
)
def test_crossentropy_is_chosen_by_shapes(shapes: Any, kind: type[losses.Loss]) -> None:
    from keras.src.trainers.compile_utils import get_loss

    for name in ("crossentropy", "ce"):
        loss = losses.for_shapes(name, *shapes)
        assert type(loss) is kind
        assert loss.name == get_loss(name, *map(np.zeros, shapes)).name
    assert losses.for_shapes(None, *shapes) is None
    assert losses.for_shapes("mse", *shapes).name == "mse"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("mean_square_error", r"^no loss 'mean_square_error'; near it are .*MeanSquaredError"),
        ("xyzzy", r"^no loss 'xyzzy'; there are BinaryCrossentropy, "),
        (3, r"^expected a loss, its name or its config, got 3; one of your own is a subclass of "),
        ({"class_name": 3}, r"^expected the class_name and the config of a loss, got "),
        (
            {"class_name": "Huber", "config": {"delt": 1}},
            r"^loss Huber: \{'delt': 1\} are not its arguments",
        ),
    ],
    ids=["near", "far", "number", "no class", "argument"],
)
def test_an_unknown_loss_is_refused(identifier: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        losses.get(identifier)


SPARSE = losses.SparseCategoricalCrossentropy()
MSE = losses.MeanSquaredError()
THIRDS = np.full((4, 3), 1 / 3)


@pytest.mark.parametrize(
    ("loss", "arguments", "message"),
    [
        (
            SPARSE,
            ([0, 1, 3, 2], THIRDS),
            r": label 3 at row 2; expected a whole number from 0 to 2, as y_pred",
        ),
        (SPARSE, ([0, -1, 0, 2], THIRDS), r": label -1 at row 1; .* y_pred has 3 classes"),
        (SPARSE, ([0, 1, 1.5, 2], THIRDS), r": label 1.5 at row 2"),
        (SPARSE, ([0, 1, np.nan, 2], THIRDS), r": label nan at row 2"),
        (SPARSE, ([[0, 7]], THIRDS[None, :2]), r": label 7 at row 0, place \(1,\)"),
        (SPARSE, (np.eye(3)[[0, 1, 2, 0]], THIRDS), r"expected y_true of shape \(4,\) .*take 'categorical_"),
        (
            SPARSE,
            ([0, 1], THIRDS),
            r"expected y_true of shape \(4,\) for y_pred of shape \(4, 3\), got \(2,\)",
        ),
        (
            losses.SparseCategoricalCrossentropy(axis=0),
            ([0, 1, 1], THIRDS),
            r"axis=0; only the last axis is implemented",
        ),
        (losses.CategoricalCrossentropy(), ([0, 1, 2, 0], THIRDS), r"y_true of shape \(4, 3\), as y_pred"),
        (losses.BinaryCrossentropy(), (np.ones((4, 1)), THIRDS), r"expected y_true of shape \(4, 3\)"),
        (MSE, (np.ones(4), THIRDS), r"expected y_true of shape \(4, 3\), as y_pred, got \(4,\)"),
        (MSE, (np.ones((4, 2)), THIRDS), r"expected y_true of shape \(4, 3\), as y_pred, got \(4, 2\)"),
        (MSE, (["a"], [1.0]), r"expected numbers as y_true, got <U1 values"),
        (MSE, (1.0, 2.0), r"expected a batch of predictions, got shape \(\)"),
        (MSE, (np.ones((0, 3)), np.ones((0, 3))), r"expected a batch of predictions, got shape \(0, 3\)"),
        (MSE, (THIRDS, THIRDS, [1, 2, 3]), r"of shape \(3,\) do not fit values of shape \(4,\)"),
        (MSE, (THIRDS, THIRDS, ["a"] * 4), r"expected numbers as sample_weight"),
        (
            MSE,
            (THIRDS[:3, :, None], THIRDS[:3, :, None], [1, 2, 3]),
            r"do not fit values of shape \(3, 3\); to weigh rows, give them shape \(3, 1\)$",
        ),
        (
            MSE,
            (THIRDS[..., None], THIRDS[..., None], [1, 2, 3, 4], np.ones((4, 3), bool)),
            r"do not fit mask of shape \(4, 3\); to weigh rows, give them shape \(4, 1\)$",
        ),
        (
            losses.SparseCategoricalCrossentropy(ignore_class=0),
            ([0, 1, 1, 2], THIRDS, None, np.ones((4, 3), bool)),
            r"expected a mask of shape \(4,\), got \(4, 3\)",
        ),
    ],
)
def test_bad_input_gives_one_clear_line(loss: losses.Loss, arguments: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        loss.vjp(*arguments)
    assert str(caught.value).startswith(f"loss {loss.name!r}: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_reduction_is_refused() -> None:
    with pytest.raises(InputError, match=r"reduction='average'; expected one of 'sum_over_batch_size', "):
        losses.MeanSquaredError(reduction="average")


@pytest.mark.parametrize("kind", [losses.CategoricalCrossentropy, losses.CategoricalFocalCrossentropy])
def test_one_category_is_warned_of(kind: Any) -> None:
    with pytest.warns(UserWarning, match=r"one category, .* take 'binary_crossentropy'"):
        kind()(np.ones((3, 1)), np.ones((3, 1)))


def quartic(y_true: Any, y_pred: Any) -> Any:
    return ((y_pred - y_true) ** 4).mean(axis=-1)


class Quartic(losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        error = y_pred - y_true
        return quartic(y_true, y_pred), lambda dvalues: dvalues[..., None] * 4 * error**3 / error.shape[-1]


def test_losses_of_ones_own() -> None:
    made = losses.from_functions(quartic, lambda t, p: 4 * (p - t) ** 3 / p.shape[-1])
    assert made.name == "quartic"
    rng = np.random.default_rng(2)
    y_true, y_pred = rng.normal(size=(2, 5, 3))
    weights = rng.random(5)
    value, backward = made.vjp(y_true, y_pred, weights)
    assert value == pytest.approx(np.mean(weights * quartic(y_true, y_pred)))
    np.testing.assert_allclose(
        backward(), weights[:, None] * 4 * (y_pred - y_true) ** 3 / 15, rtol=1e-12, atol=1e-15
    )
    other, of_other = Quartic().vjp(y_true, y_pred, weights)
    assert other == pytest.approx(value)
    np.testing.assert_allclose(of_other(), backward())
    assert losses.get(made) is made
    assert losses.serialize(Quartic())["registered_name"] == "Quartic"
    with pytest.raises(InputError, match="made of functions, which no file can hold"):
        losses.serialize(made)


def test_functions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="expected a function as gradient, got 3"):
        losses.from_functions(quartic, 3)  # type: ignore[arg-type]
    summed = losses.from_functions(lambda t, p: (p - t).sum(axis=0), lambda t, p: p)
    with pytest.raises(InputError, match=r"value for each of the 4 rows, got shape \(3,\)"):
        summed(THIRDS, THIRDS)
    short = losses.from_functions(quartic, lambda t, p: p[:, 0])
    with pytest.raises(InputError, match=r"expected a gradient of shape \(4, 3\), got \(4,\)"):
        short.vjp(THIRDS, THIRDS)[1]()
