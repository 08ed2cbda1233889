"""The comparison with Keras: that it sees all of a model, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import maju
from maju import verify
from maju.errors import InputError, MissingExtraError, ModelFormatError
from maju.layers import DenseLayer
from maju.models import Model
from maju.verify import PROBABILITY_TOLERANCE, TOLERANCE, Comparison, Verification, compare_with_keras

Spoil = Callable[[Callable[[Model], None]], None]


def normal(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Change the model that maju loads, so that it is no longer Keras's."""

    def use(change: Callable[[Model], None]) -> None:
        def load(path: Path) -> Model:
            model = maju.load(path)
            change(model)
            return model

        monkeypatch.setattr(verify, "load", load)

    return use


def save(model: Any, folder: Path, name: str = "model.keras") -> Path:
    from parity.compare import scramble

    scramble(model)
    model.save(folder / name)
    return folder / name


def stack(folder: Path) -> Path:
    """A straight model of three Dense layers."""
    from keras import Input, Sequential, layers

    dense = [layers.Dense(n, name=name) for name, n in (("first", 5), ("second", 4))]
    return save(Sequential([Input((3,)), *dense, layers.Dense(2, "softmax", name="last")]), folder)


def shift(name: str, amount: float) -> Callable[[Model], None]:
    """Add to one bias of a Dense layer."""

    def change(model: Model) -> None:
        *folders, last = name.split("/")
        for folder in folders:
            inner = model[folder]
            assert isinstance(inner, Model)
            model = inner
        dense = model[last]
        assert isinstance(dense, DenseLayer)
        assert dense.bias is not None
        dense.bias = dense.bias + np.array([amount] + [0] * (dense.units - 1), np.float32)

    return change


def names(verification: Verification) -> list[str]:
    return [comparison.name for comparison in verification.layers]


def by_name(verification: Verification) -> dict[str, Comparison]:
    return {comparison.name: comparison for comparison in verification.layers}


class TestModels:
    """Every kind of graph is compared in all its parts, and agrees."""

    def test_sequential(self, tmp_path: Path) -> None:
        import keras

        found = compare_with_keras(stack(tmp_path), normal(6, 3))
        assert found.agrees
        assert found.first_difference is None
        assert found.rows == 6
        assert found.keras == f"Keras {keras.__version__} (tensorflow)"
        assert names(found) == ["first", "second", "last"]
        assert [(c.type, c.shape) for c in found.layers] == [("Dense", (6, n)) for n in (5, 4, 2)]
        (output,) = found.outputs
        assert (output.name, output.type, output.tolerance) == ("last", "softmax", PROBABILITY_TOLERANCE)

    def test_legacy_h5(self, tmp_path: Path) -> None:
        path = stack(tmp_path)
        maju.load(path).save(tmp_path / "model.h5")
        found = compare_with_keras(tmp_path / "model.h5", normal(6, 3))
        assert found.agrees
        assert names(found) == ["first", "second", "last"]

    def test_images(self, tmp_path: Path) -> None:
        from keras import Input, Sequential, layers

        body = [layers.Rescaling(1 / 255), layers.Conv2D(4, 3), layers.BatchNormalization()]
        tail = [layers.MaxPooling2D(2), layers.Flatten(), layers.Dropout(0.5), layers.Dense(3, "softmax")]
        path = save(Sequential([Input((9, 8, 3)), *body, *tail]), tmp_path)
        found = compare_with_keras(path, np.random.default_rng(0).integers(0, 256, (5, 9, 8, 3)))
        assert found.agrees
        assert [c.type for c in found.layers] == [type(layer).__name__ for layer in (*body, *tail)]

    def test_texts_and_masks(self, tmp_path: Path) -> None:
        from keras import Input, Sequential, layers

        words = layers.TextVectorization(output_sequence_length=5, vocabulary=["enak", "ramah", "mahal"])
        body = [layers.Embedding(5, 4, mask_zero=True), layers.Bidirectional(layers.LSTM(3)), layers.Dense(2)]
        path = save(Sequential([Input((1,), dtype="string"), words, *body]), tmp_path)
        found = compare_with_keras(path, np.array(["Enak, ramah!", "", "lain mahal enak enak ramah mahal"]))
        assert found.agrees
        assert len(found.layers) == 4
        assert found.layers[0].max_difference == 0

    def test_the_mask_of_a_functional_model_is_compared_too(self, tmp_path: Path) -> None:
        from keras import Input, Model, layers

        x = Input((None,), name="ids")
        y = layers.GRU(3, name="gru")(layers.Embedding(9, 4, mask_zero=True, name="table")(x))
        found = compare_with_keras(save(Model(x, y), tmp_path), np.array([[3, 8, 0], [0, 0, 0]]))
        assert found.agrees
        assert [c.type for c in found.layers] == ["Embedding", "NotEqual", "GRU"]

    def test_several_inputs_and_outputs_and_a_shared_layer(self, tmp_path: Path) -> None:
        from keras import Input, Model, layers

        left, right = Input((4,), name="left"), Input((4,), name="right")
        shared = layers.Dense(5, activation="tanh", name="shared")
        one = layers.Dense(3, activation="softmax", name="one")(shared(right))
        two = layers.Dense(2, name="two")(layers.Concatenate(name="both")([shared(left), one]))
        path = save(Model([left, right], [two, one]), tmp_path)
        x = {"right": normal(3, 4), "left": normal(3, 4) + 1}
        found = compare_with_keras(path, x)
        assert found.agrees
        assert sorted(names(found)) == ["both", "one", "shared", "shared:1", "two"]
        assert [(c.name, c.type) for c in found.outputs] == [("two", "linear"), ("one", "softmax")]
        assert found == compare_with_keras(path, [x["left"], x["right"]])

    def test_dicts_of_inputs_and_outputs(self, tmp_path: Path) -> None:
        from keras import Input, Model, layers

        b, a = Input((4,), name="b"), Input((3,), name="a")
        y = layers.Dense(3, name="of_both")(layers.Concatenate()([a, b]))
        z = layers.Dense(2, activation="sigmoid", name="of_a")(a)
        path = save(Model({"b": b, "a": a}, {"z": z, "y": y}), tmp_path)
        found = compare_with_keras(path, {"a": normal(2, 3), "b": normal(2, 4)})
        assert found.agrees
        assert {c.name: c.tolerance == PROBABILITY_TOLERANCE for c in found.outputs} == {
            "of_both": False,
            "of_a": True,
        }

    def test_nested_models(self, tmp_path: Path) -> None:
        from keras import Input, Sequential, layers

        inner = Sequential([Input((4,)), layers.Dense(3, name="deep")], name="inner")
        middle = Sequential([Input((4,)), inner, layers.ReLU(name="relu")], name="middle")
        path = save(Sequential([Input((4,)), middle, layers.Dense(2, name="head")]), tmp_path)
        found = compare_with_keras(path, normal(3, 4))
        assert found.agrees
        assert names(found) == ["middle/inner/deep", "middle/inner", "middle/relu", "middle", "head"]

    def test_a_layer_of_several_outputs(self, tmp_path: Path) -> None:
        from keras import Input, Model, layers

        x = Input((5, 2))
        ways = layers.Bidirectional(layers.LSTM(3), merge_mode=None, name="ways")(x)
        path = save(Model(x, layers.Concatenate()(ways)), tmp_path)
        found = compare_with_keras(path, normal(4, 5, 2))
        assert found.agrees
        assert names(found)[0] == "ways"


class TestDifferences:
    """What differs is found, where it begins."""

    def test_it_begins_at_the_first_layer_that_differs(self, tmp_path: Path, spoil: Spoil) -> None:
        spoil(shift("second", 1e-3))
        found = compare_with_keras(stack(tmp_path), normal(6, 3))
        assert not found.agrees
        assert found.first_difference is found.layers[1]
        assert [c.within for c in (*found.layers, *found.outputs)] == [True, False, False, False]
        assert found.layers[1].max_difference == pytest.approx(1e-3, rel=1e-2)
        assert found.layers[1].mean_difference == pytest.approx(1e-3 / 4, rel=1e-2)

    @pytest.mark.parametrize(("amount", "agrees"), [(0.8e-5, True), (1.3e-5, False)])
    def test_the_tolerance_of_a_layer(
        self, tmp_path: Path, spoil: Spoil, amount: float, agrees: bool
    ) -> None:
        from keras import Input, Sequential, layers

        Sequential([Input((2,)), layers.Dense(2, name="only")]).save(
            tmp_path / "model.keras"
        )  # its biases are 0
        spoil(shift("only", amount))
        found = compare_with_keras(tmp_path / "model.keras", np.zeros((1, 2)))
        assert found.layers[0].tolerance == TOLERANCE
        assert found.agrees is agrees

    def test_the_tolerance_grows_with_large_values_alone(self, tmp_path: Path) -> None:
        from keras import Input, Sequential, layers

        path = save(Sequential([Input((2,)), layers.Rescaling(1000.0), layers.Rescaling(1e-6)]), tmp_path)
        found = compare_with_keras(path, np.array([[1.0, -3.0]]))
        assert [c.tolerance for c in found.layers] == [pytest.approx(3000 * TOLERANCE), TOLERANCE]

    def test_the_tolerance_of_probabilities_is_tighter(self, tmp_path: Path, spoil: Spoil) -> None:
        spoil(shift("last", 4e-5))  # in the logits: 6e-6 in the probabilities
        found = compare_with_keras(stack(tmp_path), np.zeros((1, 3)))
        assert all(c.within for c in found.layers)
        assert not found.agrees
        assert found.first_difference is found.outputs[0]

    def test_a_difference_in_the_last_row_of_many(self, tmp_path: Path, spoil: Spoil) -> None:
        from keras import Input, Sequential, layers

        path = save(Sequential([Input((2,)), layers.Dense(3, name="only")]), tmp_path)

        def change(model: Model) -> None:
            dense = model["only"]
            assert isinstance(dense, DenseLayer)
            dense.kernel = dense.kernel + np.array([[0, 0, 0], [0, 0, 1e-2]], np.float32)

        spoil(change)
        x = normal(300, 2)
        x[:, 1] = 0
        assert compare_with_keras(path, x).agrees
        x[-1, 1] = 2
        found = compare_with_keras(path, x)
        assert found.rows == 300
        assert found.layers[0].shape == (300, 3)
        assert found.layers[0].max_difference == pytest.approx(2e-2, rel=1e-3)
        assert found.layers[0].mean_difference == pytest.approx(2e-2 / 900, rel=1e-2)

    def test_swapped_gates(self, tmp_path: Path, spoil: Spoil) -> None:
        from keras import Input, Sequential, layers

        path = save(Sequential([Input((6, 2)), layers.LSTM(4, name="lstm"), layers.Dense(2)]), tmp_path)

        def change(model: Model) -> None:
            cell: Any = getattr(model["lstm"], "cell")  # noqa: B009
            i, f, c, o = np.split(cell.kernel, 4, axis=1)
            cell.kernel = np.concatenate([f, i, c, o], axis=1)

        spoil(change)
        found = compare_with_keras(path, normal(3, 6, 2))
        assert found.first_difference is found.layers[0]

    def test_inside_a_nested_model(self, tmp_path: Path, spoil: Spoil) -> None:
        from keras import Input, Sequential, layers

        inner = Sequential([Input((4,)), layers.Dense(3, name="a"), layers.Dense(3, name="b")], name="inner")
        path = save(Sequential([Input((4,)), inner]), tmp_path)
        spoil(shift("inner/b", 0.1))
        found = compare_with_keras(path, normal(3, 4))
        assert {c.name: c.within for c in found.layers} == {"inner/a": True, "inner/b": False, "inner": False}
        assert found.first_difference is by_name(found)["inner/b"]

    def test_a_nested_model_is_not_blamed_for_its_input(self, tmp_path: Path, spoil: Spoil) -> None:
        from keras import Input, Sequential, layers

        inner = Sequential([Input((3,)), layers.Dense(3, name="a")], name="inner")
        path = save(Sequential([Input((4,)), layers.Dense(3, name="before"), inner]), tmp_path)
        spoil(shift("before", 0.1))
        found = by_name(compare_with_keras(path, normal(3, 4)))
        assert (found["before"].within, found["inner/a"].within, found["inner"].within) == (
            False,
            True,
            False,
        )

    def test_nan_on_one_side(self, tmp_path: Path, spoil: Spoil) -> None:
        spoil(shift("second", float("nan")))
        found = compare_with_keras(stack(tmp_path), normal(6, 3))
        assert found.first_difference is found.layers[1]
        assert found.layers[1].max_difference == np.inf

    def test_nan_and_infinity_on_both_sides(self, tmp_path: Path) -> None:
        from keras import Input, Sequential, layers

        path = save(Sequential([Input((2,)), layers.ReLU()]), tmp_path)
        found = compare_with_keras(path, np.array([[np.nan, 1], [np.inf, -np.inf]]))
        assert found.agrees
        assert found.layers[0].max_difference == 0
        assert found.layers[0].tolerance == TOLERANCE

    def test_another_shape(self, tmp_path: Path, spoil: Spoil) -> None:
        def change(model: Model) -> None:
            dense = model["last"]
            assert isinstance(dense, DenseLayer)
            assert dense.bias is not None
            dense.kernel, dense.bias = dense.kernel[:, :1], dense.bias[:1]

        spoil(change)
        found = compare_with_keras(stack(tmp_path), normal(6, 3))
        assert not found.agrees
        assert found.layers[2].remark == "Keras gives shape (6, 2), maju (6, 1)"
        assert found.layers[2].max_difference == np.inf

    def test_a_layer_in_keras_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = stack(tmp_path)
        whole = Model.activations

        def without_second(self: Model, x: Any) -> dict[str, Any]:
            return {name: y for name, y in whole(self, x).items() if name != "second"}

        monkeypatch.setattr(Model, "activations", without_second)
        found = compare_with_keras(path, normal(6, 3))
        assert not found.agrees
        assert by_name(found)["second"].remark == "only in Keras"

    def test_what_predict_gives_is_compared(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = stack(tmp_path)
        whole = Model.predict
        monkeypatch.setattr(Model, "predict", lambda self, x, *how: whole(self, x, *how) + np.float32(1e-4))
        found = compare_with_keras(path, normal(6, 3))
        assert all(c.within for c in found.layers)
        assert found.first_difference is found.outputs[0]


class TestErrors:
    def test_without_keras(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = stack(tmp_path)
        monkeypatch.setitem(sys.modules, "keras", None)
        with pytest.raises(MissingExtraError, match=r"^comparing with Keras needs .* 'maju\[experiments\]'$"):
            compare_with_keras(path, normal(1, 3))

    def test_a_file_that_keras_cannot_open(self, tmp_path: Path) -> None:
        path = stack(tmp_path)
        maju.load(path).save(tmp_path / "model.safetensors")
        with pytest.raises(ModelFormatError) as caught:
            compare_with_keras(tmp_path / "model.safetensors", normal(1, 3))
        message = str(caught.value)
        assert "\n" not in message
        assert len(message) < 500
        assert (
            f"(tensorflow) itself cannot open {tmp_path / 'model.safetensors'}: ValueError: File" in message
        )

    def test_input_that_does_not_fit(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"expected shape \(batch, 3\), got \(1, 4\)"):
            compare_with_keras(stack(tmp_path), normal(1, 4))

    def test_no_rows(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"^there are no rows to compare$"):
            compare_with_keras(stack(tmp_path), np.zeros((0, 3)))


def test_ids_must_be_equal(tmp_path: Path) -> None:
    from keras import Input, Sequential, layers

    words = layers.TextVectorization(vocabulary=["satu", "dua", "tiga"])
    model = Sequential([Input((), dtype="string"), words, layers.Embedding(9, 2)])
    found = compare_with_keras(save(model, tmp_path), np.array(["satu dua", "lima tiga"]))
    assert found.layers[0].tolerance == 0.0
    assert found.agrees
