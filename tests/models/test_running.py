"""What a graph computes, whatever its structure: against Keras, with every form that an input can have."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import maju
from formats.samples import SAMPLES
from maju.errors import InputError
from parity.compare import PROBABILITIES, assert_same, random, scramble

ROWS = random(6, 4)
MORE = random(6, 4, seed="more")
IDS = np.array([[1, 2, 3, 0, 0], [0, 0, 0, 0, 0], [4, 0, 5, 6, 0], [7, 8, 1, 2, 3]])


def inner() -> Any:
    x = keras.Input((4,))
    return keras.Model(x, layers.Dense(4, activation="tanh")(x), name="inner")


def a_nested_model_called_three_times() -> tuple[Any, Any]:
    x, again = keras.Input((4,)), inner()
    return keras.Model(x, [again(again(x)), again(x)]), ROWS


def outputs_of_a_nested_model_in_another_order() -> tuple[Any, Any]:
    x = keras.Input((4,))
    two = keras.Model(x, [layers.Dense(2)(x), layers.Dense(3)(x)])
    entrance = keras.Input((4,))
    first, second = two(entrance)
    return keras.Model(entrance, [second, first, layers.Dense(2)(first)]), ROWS


def a_nested_model_of_dicts() -> tuple[Any, Any]:
    a, b = keras.Input((4,), name="zeta"), keras.Input((4,), name="alpha")
    pair = {"zeta": layers.Dense(2)(a), "alpha": layers.Dense(3)(b), "mid": layers.Dense(1)(a)}
    nested = keras.Model({"zeta": a, "alpha": b}, pair)
    left, right = keras.Input((4,)), keras.Input((4,))
    found = nested({"alpha": right, "zeta": left})
    return keras.Model([left, right], [found["mid"], found["zeta"], found["alpha"]]), [ROWS, MORE]


def a_nested_model_that_gives_a_list_of_one() -> tuple[Any, Any]:
    x = keras.Input((4,))
    one = keras.Model([x], [layers.Dense(3)(x)])
    entrance = keras.Input((4,))
    (found,) = keras.tree.flatten(one(entrance))
    return keras.Model([entrance], [layers.Dense(2)(found)]), ROWS


def four_models_deep() -> tuple[Any, Any]:
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4, activation="relu"), layers.BatchNormalization()]
    )
    for _ in range(3):
        x = keras.Input((4,))
        model = keras.Model(x, layers.Dense(4)(model(x)))
    return model, ROWS


def nested_models_first_and_last() -> tuple[Any, Any]:
    return keras.Sequential([inner(), keras.Sequential([layers.Dense(3)]), inner_of(3)]), ROWS


def inner_of(size: int) -> Any:
    x = keras.Input((size,))
    return keras.Model(x, layers.Dense(2, activation="softmax")(x))


def a_mask_through_a_nested_model() -> tuple[Any, Any]:
    ids = keras.Input((5,), dtype="int32")
    words = keras.Model(ids, layers.Embedding(9, 4, mask_zero=True)(ids))
    entrance = keras.Input((5,), dtype="int32")
    return keras.Model(entrance, layers.LSTM(3)(words(entrance))), IDS


def a_mask_into_a_nested_model_of_two_inputs() -> tuple[Any, Any]:
    left, right = keras.Input((5, 4), name="left"), keras.Input((5, 4), name="right")
    reader = keras.Model([left, right], [layers.LSTM(3)(left), layers.GRU(2)(right)])
    first, second = keras.Input((5,), dtype="int32"), keras.Input((5,), dtype="int32")
    words = layers.Embedding(9, 4, mask_zero=True)
    return keras.Model([second, first], reader([words(first), layers.Embedding(9, 4)(second)])), [
        IDS,
        IDS[::-1],
    ]


def nothing_but_inputs() -> tuple[Any, Any]:
    a, b = keras.Input((4,)), keras.Input((4,))
    return keras.Model([a, b], [b, a, b]), [ROWS, MORE]


def an_input_that_nothing_needs() -> tuple[Any, Any]:
    a, b = keras.Input((4,)), keras.Input((4,))
    return keras.Model([a, b], layers.Dense(2)(b)), [ROWS, MORE]


def outputs_in_nested_lists() -> tuple[Any, Any]:
    x = keras.Input((4,))
    return keras.Model(x, [[layers.Dense(2)(x), x], {"b": layers.Dense(3)(x), "a": layers.Dense(1)(x)}]), ROWS


def halves_of_which_one_is_used() -> tuple[Any, Any]:
    x = keras.Input((5, 4))
    _, back = layers.Bidirectional(layers.GRU(3), merge_mode=None)(x)
    return keras.Model(x, layers.Dense(2)(back)), random(6, 5, 4)


GRAPHS: dict[str, Callable[[], tuple[Any, Any]]] = {
    make.__name__.replace("_", " "): make
    for make in (
        a_nested_model_called_three_times,
        outputs_of_a_nested_model_in_another_order,
        a_nested_model_of_dicts,
        a_nested_model_that_gives_a_list_of_one,
        four_models_deep,
        nested_models_first_and_last,
        a_mask_through_a_nested_model,
        a_mask_into_a_nested_model_of_two_inputs,
        nothing_but_inputs,
        an_input_that_nothing_needs,
        outputs_in_nested_lists,
        halves_of_which_one_is_used,
    )
}


# Keras computes with the mask that it says it loses there.
@pytest.mark.filterwarnings(
    "ignore:Layer 'functional.*' .of type Functional. was passed an input with a mask"
)
@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)
def test_a_graph_of_any_structure(make: Callable[[], tuple[Any, Any]], tmp_path: Path) -> None:
    keras_model, x = make()
    if not keras_model.built:
        keras_model(x)
    scramble(keras_model)
    expected = keras_model.predict(x, verbose=0)
    model = maju.load(keras_model)
    assert_same(model.predict(x), expected, PROBABILITIES)
    assert_same(model.predict(x, batch_size=4), expected, PROBABILITIES)
    assert_same(model.forward(x), expected, PROBABILITIES)
    model.save(tmp_path / "again.keras")
    assert_same(maju.load(tmp_path / "again.keras").predict(x), model.predict(x), tolerance=0)
    reopened = keras.models.load_model(tmp_path / "again.keras")
    assert_same(reopened.predict(x, verbose=0), expected, PROBABILITIES)


# What can be given


@pytest.fixture(scope="module")
def images() -> tuple[maju.Model, Any]:
    model = keras.Sequential(
        [keras.Input((5, 4, 2)), layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    scramble(model)
    return maju.load(model), model


def test_any_numbers_are_taken_as_float32(images: tuple[maju.Model, Any]) -> None:
    model, keras_model = images
    x = np.random.default_rng(0).integers(0, 9, (6, 5, 4, 2))
    expected = keras_model.predict(x.astype(np.float32), verbose=0)
    forms: list[Any] = [
        x.astype(kind) for kind in ("uint8", "int8", "int64", "float16", "float32", "float64", ">f8")
    ]
    forms += [
        x.tolist(),
        list(x.astype(np.float32)),
        np.asfortranarray(x),
        x[::-1][::-1],
        x.astype(np.float32).data,
    ]
    for form in forms:
        found = model.predict(form)
        assert found.dtype == np.float32
        assert_same(found, expected, PROBABILITIES)
    np.testing.assert_array_equal(model.predict(x.astype(bool)), model.predict((x > 0).astype(np.float32)))


def test_what_is_given_is_not_changed(images: tuple[maju.Model, Any]) -> None:
    model, _ = images
    x = random(6, 5, 4, 2)
    kept = x.copy()
    x.flags.writeable = False
    model.predict(x)
    model.activations(x)
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("batch_size", [1, 2, 5, 100, np.int64(3)])
def test_every_number_of_rows_and_every_batch_size(
    rows: int, batch_size: int, images: tuple[maju.Model, Any]
) -> None:
    model, _ = images
    x = random(5, 5, 4, 2)
    found = model.predict(x[:rows], batch_size)
    assert found.shape == (rows, 2)
    assert_same(found, model.predict(x)[:rows], PROBABILITIES)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_rows_in_give_no_rows_out(name: str) -> None:
    sample = SAMPLES[name]
    model = maju.load(sample.keras_model)
    none = keras.tree.map_structure(lambda x: x[:0], sample.x)
    for found, expected in zip(
        keras.tree.flatten(model.predict(none)), keras.tree.flatten(sample.expected), strict=True
    ):
        assert found.shape == (0, *expected.shape[1:])


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "8", True])
def test_a_batch_size_that_is_none(batch_size: Any, images: tuple[maju.Model, Any]) -> None:
    message = f"^batch_size must be a whole number of at least 1, got {batch_size!r}$"
    with pytest.raises(InputError, match=message):
        images[0].predict(random(3, 5, 4, 2), batch_size)


def test_nan_goes_through(images: tuple[maju.Model, Any]) -> None:
    model, keras_model = images
    x = random(4, 5, 4, 2)
    x[2, 1, 1, 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = model.predict(x)
    assert np.isnan(found).all(axis=1).tolist() == [False, False, True, False]
    assert_same(np.delete(found, 2, 0), np.delete(keras_model.predict(x, verbose=0), 2, 0), PROBABILITIES)


IMAGES_IN = [
    (
        lambda: np.zeros((2, 5, 4)),
        r"input '.+': expected shape \(batch, 5, 4, 2\), got \(2, 5, 4\); for a single sample",
    ),
    (lambda: np.zeros((2, 5, 4, 2, 1, 1)), r"expected shape \(batch, 5, 4, 2\), got \(2, 5, 4, 2, 1, 1\)$"),
    (lambda: np.zeros((2, 4, 5, 2)), r"expected shape \(batch, 5, 4, 2\), got \(2, 4, 5, 2\)$"),
    (lambda: np.zeros(()), "expected an array with a batch axis, got a single value"),
    (lambda: 3, "expected an array with a batch axis, got a single value"),
    (lambda: None, "expected an array with a batch axis, got a single value"),
    (lambda: "image.png", "expected an array with a batch axis, got a single value"),
    (lambda: [[1, 2], [3]], "not an array"),
    (lambda: np.array([[1, 2], [3]], object), "expected numbers, got values of type object"),
    (lambda: np.zeros((2, 5, 4, 2), object), "expected numbers, got values of type object"),
    (lambda: np.zeros((2, 5, 4, 2), "complex64"), "expected numbers, got values of type complex64"),
    (lambda: np.zeros((2, 5, 4, 2), "datetime64[s]"), "expected numbers, got values of type datetime64"),
    (lambda: np.full((2, 5, 4, 2), "1"), "expected numbers, got values of type <U1"),
    (lambda: {"image": np.zeros((2, 5, 4, 2))}, "expected inputs named input_layer.*, got image"),
]


@pytest.mark.parametrize(("x", "message"), IMAGES_IN, ids=[message[:40] for _, message in IMAGES_IN])
def test_what_does_not_fit_is_told(
    x: Callable[[], Any], message: str, images: tuple[maju.Model, Any]
) -> None:
    for use in (images[0].predict, images[0].forward, images[0].activations):
        with pytest.raises(InputError, match=message):
            use(x())


def test_a_model_that_wants_names_says_which() -> None:
    model = maju.load(SAMPLES["named inputs and outputs"].keras_model)
    with pytest.raises(InputError, match=r"^expected a dict of the inputs left, right$"):
        model.predict([ROWS, MORE])
    with pytest.raises(InputError, match=r"^expected inputs named left, right, got left, middle$"):
        model.predict({"left": ROWS, "middle": MORE})


# What there is to see


def test_activations_are_those_of_every_layer_of_keras() -> None:
    sample = SAMPLES["cnn"]
    found = maju.load(sample.keras_model).activations(sample.x)
    expected = {layer.name: layer.output for layer in sample.keras_model.layers}
    every = keras.Model(sample.keras_model.inputs, expected)
    assert list(found)[1:] == [layer.name for layer in sample.keras_model.layers]
    assert_same({name: found[name] for name in expected}, every.predict(sample.x, verbose=0), 1e-5)


def test_activations_of_a_layer_with_several_outputs_are_a_list() -> None:
    model, x = outputs_of_a_nested_model_in_another_order()
    scramble(model)
    found = maju.load(model).activations(x)
    (nested,) = [name for name, value in found.items() if isinstance(value, list)]
    assert_same(found[nested], model.get_layer(nested).predict(x, verbose=0), PROBABILITIES)


def test_a_layer_that_is_not_there() -> None:
    model = maju.load(SAMPLES["rnn"].keras_model)
    names = ", ".join(layer.name for layer in model.layers)
    with pytest.raises(KeyError) as error:
        model["conv2d"]
    assert error.value.args == (f"no layer 'conv2d'; the layers are {names}",)
    assert [layer.name for layer in model] == [layer.name for layer in model.layers]


# Keras declares another shape for counts of texts than it computes.
@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "weighed texts"])
def test_the_summary_has_the_shapes_and_the_parameters_of_keras(name: str) -> None:
    keras_model = SAMPLES[name].keras_model
    model = maju.load(keras_model)
    rows = {line.split()[0]: line for line in model.summary(print_fn=None).splitlines() if line.split()}
    for layer in keras_model.layers:
        row = rows[layer.name]
        cells = [cell.strip() for cell in row.split("  ") if cell.strip()]
        outputs = keras.tree.map_structure(lambda tensor: str(tuple(tensor.shape)), layer.output)
        shape = outputs if isinstance(outputs, str) else f"[{', '.join(outputs)}]"
        assert cells[:4] == [layer.name, type(layer).__name__, shape, f"{layer.count_params():,}"]
    assert f"Total parameters: {keras_model.count_params():,}" in model.summary(print_fn=None)
    assert model.count_params() == keras_model.count_params()


def test_the_summary_says_what_is_connected_to_what() -> None:
    model = maju.load(SAMPLES["shared layers"].keras_model)
    lines = model.summary(print_fn=None).splitlines()
    first, second = (layer.name for layer in model.layers if layer.keras_class == "InputLayer")
    (shared,) = [line for line in lines if line.startswith("shared")]
    assert set(shared.split("  ")[-1].strip().split(", ")) == {"shared", first, second}


def test_weights_alone_are_saved_under_their_own_suffix(tmp_path: Path) -> None:
    model = maju.Sequential([maju.layers.Input((3,)), maju.layers.Dense(2)])
    other = maju.Sequential([maju.layers.Input((3,)), maju.layers.Dense(2)])
    model.save_weights(tmp_path / "w.weights.h5")
    x = np.ones((1, 3), np.float32)
    np.testing.assert_array_equal(other.load_weights(tmp_path / "w.weights.h5").predict(x), model.predict(x))
    with pytest.raises(InputError, match=r"ends in \.weights\.h5"):
        model.save_weights(tmp_path / "w.h5")
