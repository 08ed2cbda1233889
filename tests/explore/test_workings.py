"""The working of a value comes to the value that the layer gives, and each step to what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import maju
from explore.fixtures import drawn, image
from maju import layers
from maju.explore.workings import Place, explanation_of, work_out
from maju.explore.workings.working import Group, Line, Note, Part, Products, Windowed, Working
from maju.layers.base import Array
from maju.visualize.gates import tracks_of
from maju.visualize.probe import Call, watched_calls
from maju.visualize.sample import sample_of

#: Of the size of the value, or of 1: what float32 leaves open against sums in float64.
CLOSE = 2e-6
MOST_PLACES = 40

Given = tuple[Any, Any]


def images() -> Given:
    body = [
        layers.Rescaling(2.0, offset=-0.5),
        layers.Conv2D(6, (3, 2), strides=2, padding="same", groups=2, activation="softmax"),
        layers.ReLU(max_value=0.4, negative_slope=0.1, threshold=0.05),
        layers.Conv2D(4, 2, dilation_rate=2, activation="relu"),
        layers.BatchNormalization(epsilon=0.01),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(5, activation="tanh"),
        layers.Dense(3, activation="softmax"),
    ]
    return maju.Sequential([maju.Input((9, 8, 4)), *body]), image(1, 9, 8, 4)


def other_convolutions() -> Given:
    body = [
        layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="elu"),
        layers.MaxPooling2D((2, 3), strides=(1, 2), padding="same"),
        layers.SeparableConv2D(5, 3, depth_multiplier=2, activation="sigmoid"),
        layers.AveragePooling2D(2, padding="same"),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="gelu"),
        layers.UpSampling2D(2),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.ZeroPadding2D(1),
        layers.Cropping2D(((0, 1), (2, 1))),
        layers.LayerNormalization(),
        layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.5, 0.5, 2.0]),
        layers.GlobalAveragePooling2D(),
        layers.LeakyReLU(),
        layers.ELU(0.7),
        layers.Softmax(),
    ]
    return maju.Sequential([maju.Input((9, 10, 3)), *body]), image(1, 9, 10, 3)


def channels_first() -> Given:
    first: Any = {"data_format": "channels_first"}
    body = [
        layers.Conv2D(4, 3, padding="same", strides=(2, 1), **first),
        layers.MaxPooling2D(2, padding="same", **first),
        layers.DepthwiseConv2D(2, **first),
        layers.Conv2DTranspose(3, 2, strides=2, **first),
        layers.AveragePooling2D(3, **first),
        layers.Permute((2, 1, 3)),
        layers.PReLU(),
        layers.GlobalMaxPooling2D(keepdims=True, **first),
    ]
    return maju.Sequential([maju.Input((3, 9, 10)), *body]), image(1, 3, 9, 10)


def volumes() -> Given:
    body = [
        layers.Conv3D(3, 2, strides=2, padding="same", activation="relu"),
        layers.MaxPooling3D(2, padding="same"),
        layers.Reshape((-1,)),
        layers.Activation("log_softmax"),
    ]
    return maju.Sequential([maju.Input((5, 6, 4, 2)), *body]), image(1, 5, 6, 4, 2)


#: With a step in the middle that the mask leaves out.
IDS = np.array([[1, 2, 0, 4, 5, 0, 6, 7, 8, 0, 0]])


def masked_sequences() -> Given:
    """Both halves with their mask, and the layers after them that lose it."""
    body = [
        layers.Embedding(9, 5, mask_zero=True),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False), merge_mode="sum"),
        layers.GRU(4, return_sequences=True, go_backwards=True),
        layers.LSTM(3, return_sequences=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, activation="sigmoid"),
    ]
    return maju.Sequential([maju.Input((11,)), *body]), IDS


def masked_ends() -> Given:
    """A mask that leaves the first steps out, and layers that give the last output alone."""
    body = [
        layers.Embedding(9, 5, mask_zero=True),
        layers.SimpleRNN(4, return_sequences=True),
        layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), merge_mode="mul"),
        layers.Bidirectional(layers.GRU(3), merge_mode="ave"),
    ]
    return maju.Sequential([maju.Input((11,)), *body]), IDS[:, ::-1]


def plain_sequences() -> Given:
    body = [
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="silu"),
        layers.SimpleRNN(4, return_sequences=True, go_backwards=True),
        layers.GRU(4, return_sequences=True, use_bias=False, activation="relu"),
        layers.Bidirectional(layers.LSTM(3, recurrent_activation="hard_sigmoid")),
        layers.RepeatVector(4),
        layers.GRU(3, reset_after=False, use_bias=False, return_sequences=True),
        layers.LSTM(2, go_backwards=True, use_bias=False),
    ]
    return maju.Sequential([maju.Input((7, 3)), *body]), image(1, 7, 3)


def merged() -> Given:
    left, right = maju.Input((4,)), maju.Input((4,))
    both = [layers.Dense(3)(left), layers.Dense(3)(right)]
    kinds: Sequence[Any] = (
        layers.Add(),
        layers.Subtract(),
        layers.Multiply(),
        layers.Average(),
        layers.Maximum(),
        layers.Minimum(),
        layers.Concatenate(),
    )
    return maju.Model([left, right], [kind(both) for kind in kinds]), [image(1, 4), image(1, 4, seed=1)]


MODELS: Sequence[Callable[[], Given]] = (
    images,
    other_convolutions,
    channels_first,
    volumes,
    masked_sequences,
    masked_ends,
    plain_sequences,
    merged,
)


def calls_of(model: Any, x: Any) -> dict[str, Call]:
    return {path: calls[0] for path, calls in watched_calls(model, sample_of(model, x).inputs).items()}


def some_places(shape: Sequence[int]) -> list[tuple[int, ...]]:
    places = list(np.ndindex(*shape))
    chosen = np.random.default_rng(0).permutation(len(places))[:MOST_PLACES]
    return [places[i] for i in sorted({0, len(places) - 1, *chosen.tolist()})]


def near(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= CLOSE * max(1.0, abs(wanted))


def worked_out(call: Call, place: Place) -> Working:
    found = work_out(call, place)
    assert found is not None
    return found


def check_steps(parts: Sequence[Part], value: float) -> None:
    """Sums are the sums of what is shown and of what is left, and the last step is the value."""
    last: Any = parts[-1]
    assert last.value == value
    for part in parts:
        if isinstance(part, Products):
            assert all(near(product, a * b) for _, a, b, product in part.terms)
            assert near(sum(term[3] for term in part.terms) + part.others[1], part.value)
        elif isinstance(part, Windowed):
            if all(grid.k is not None for grid in part.grids):
                assert near(sum(grid.value for grid in part.grids) + part.others[1], part.value)
            for grid in part.grids:
                check_grid(grid)
        elif isinstance(part, Group):
            check_steps(part.parts, part.value)
        else:
            assert isinstance(part, (Line, Note))


def check_grid(grid: Any) -> None:
    seen = np.array([[0.0 if x is None else x for x in row] for row in grid.x])
    if grid.k is not None:
        assert near(float((seen * np.array(grid.k)).sum()), grid.value)
    elif grid.kept is not None:
        assert (
            grid.x[grid.kept[0]][grid.kept[1]]
            == grid.value
            == max(x for row in grid.x for x in row if x is not None)
        )
    else:
        assert near(float(seen.sum()), grid.value)


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_workings_come_to_what_activations_gives(make: Callable[[], Given]) -> None:
    model, x = make()
    drawn(model)
    activations = model.activations(x)
    for path, call in calls_of(model, x).items():
        y = activations[path][0]
        for at in some_places(y.shape):
            found = worked_out(call, Place(at))
            assert near(found.value, float(y[at])), (path, at)
            check_steps(found.parts, found.value)


@pytest.mark.parametrize(
    "make", [masked_sequences, masked_ends, plain_sequences], ids=lambda make: make.__name__
)
def test_workings_of_states_at_every_step(make: Callable[[], Given]) -> None:
    model, x = make()
    drawn(model)
    recurrent = (layers.LSTM, layers.GRU, layers.SimpleRNN, layers.Bidirectional)
    seen = 0
    for path, call in calls_of(model, x).items():
        if call.layer.keras_class not in [kind.__name__ for kind in recurrent]:
            continue
        tracks, _ = tracks_of(call, path)
        for direction, track in tracks.items():
            states = track["state h"]
            for step, unit in np.ndindex(*states.shape):
                found = worked_out(call, Place((unit,), step, direction))
                assert near(found.value, float(states[step, unit])), (path, direction, step, unit)
                check_steps(found.parts, found.value)
                seen += 1
    assert seen > 100


def test_steps_that_are_left_out_before_the_first_that_is_read() -> None:
    layer = drawn(maju.Sequential([maju.Input((4, 3)), layers.GRU(3, return_sequences=True, name="gru")]))[
        "gru"
    ]
    x, start, mask = image(1, 4, 3), image(1, 3, seed=1), np.array([[False, False, True, False]])
    y = layer.forward(x, mask=mask, initial_state=[start])
    call = Call(layer, x, mask, {"initial_state": [start]}, y)
    assert (y[0, :2] == 0).all()
    for at in np.ndindex(4, 3):
        assert near(worked_out(call, Place(at)).value, float(y[0][at])), at
    assert near(worked_out(call, Place((1,), 0)).value, float(start[0, 1]))


def gates_in(found: Working) -> dict[str, float]:
    return {part.title: part.value for part in found.parts if isinstance(part, Group)}


def test_the_gates_of_a_working_are_those_of_the_tracks() -> None:
    model, x = plain_sequences()
    calls = calls_of(drawn(model), x)
    lstm = next(call for path, call in calls.items() if path.startswith("bidirectional"))
    track = tracks_of(lstm, "")[0]["backward"]
    gates = gates_in(worked_out(lstm, Place((1,), 3, "backward")))
    names = {
        "input_gate": "input gate i",
        "forget_gate": "forget gate f",
        "candidate": "candidate",
        "output_gate": "output gate o",
    }
    assert list(gates) == list(names)
    for title, name in names.items():
        assert near(gates[title], float(track[name][3, 1]))
    for reset_after in (True, False):
        one = drawn(maju.Sequential([maju.Input((4, 3)), layers.GRU(3, reset_after=reset_after, name="gru")]))
        call = calls_of(one, image(1, 4, 3))["gru"]
        track = tracks_of(call, "gru")[0][""]
        gates = gates_in(worked_out(call, Place((2,), 3)))
        for title, name in {"update_gate": "update gate z", "reset_gate": "reset gate r"}.items():
            assert near(gates[title], float(track[name][3, 2]))


def test_a_window_tells_where_it_looks_beyond_the_edge() -> None:
    model = drawn(maju.Sequential([maju.Input((4, 5, 2)), layers.Conv2D(3, 3, padding="same", name="conv")]))
    x = image(1, 4, 5, 2)
    found = worked_out(calls_of(model, x)["conv"], Place((0, 4, 1)))
    window = found.parts[0]
    assert isinstance(window, Windowed)
    assert window.origin == (-1, 3)
    for grid in window.grids:
        wanted = [[None, None, None], [*x[0, 0, 3:, grid.channel], None], [*x[0, 1, 3:, grid.channel], None]]
        assert grid.x == [[None if v is None else pytest.approx(v) for v in row] for row in wanted]
        assert grid.k == pytest.approx(model["conv"].kernel[:, :, grid.channel, 1])


def test_the_largest_products_come_first_and_the_others_are_counted() -> None:
    model = drawn(maju.Sequential([maju.Input((300,)), layers.Dense(2, name="dense")]))
    x = image(1, 300)
    found = worked_out(calls_of(model, x)["dense"], Place((1,)))
    total = found.parts[0]
    assert isinstance(total, Products)
    each: Array = x[0] * model["dense"].kernel[:, 1]
    assert int(total.terms[0][0]) == int(np.abs(each).argmax())
    assert total.others[0] == 300 - len(total.terms)


def test_padding_and_masked_steps_say_so() -> None:
    model, x = masked_sequences()
    calls = calls_of(drawn(model), x)
    gru = next(call for call in calls.values() if call.layer.keras_class == "GRU")
    skipped = worked_out(gru, Place((0,), 2))
    assert isinstance(skipped.parts[0], Note)
    assert skipped.parts[0].key == "masked_step"


def test_every_kind_that_is_worked_out_is_explained_in_both_languages() -> None:
    for make in MODELS:
        model, _ = make()
        for layer in model.layers:
            found = explanation_of(layer)
            assert found is not None, layer
            assert set(found.words) == {"en", "id"}
            assert found.formula.count("{") == found.formula.count("}")


def test_formulas_are_those_of_the_layer() -> None:
    found = {}
    body = [
        layers.Conv1D(3, 2, activation="relu", name="conv"),
        layers.MaxPooling1D(name="pool"),
        layers.Bidirectional(
            layers.GRU(3, reset_after=False, activation="relu"), merge_mode="sum", name="both"
        ),
    ]
    for layer in maju.Sequential([maju.Input((9, 3)), *body]).layers[1:]:
        explained = explanation_of(layer)
        assert explained is not None
        found[layer.name] = explained.formula
    assert found == {
        "conv": "y_{i,f} = φ( Σ_{a} Σ_{c} x_{i·s+a·d, c} · K_{a,c,f} + b_{f} )\nφ = relu",
        "pool": "y_{i,c} = max_{a} x_{i·s+a, c}",
        "both": "y = →h + ←h\n"
        "z = σ(x_{t}·W_{z} + h_{t−1}·U_{z} + b_{z})\n"
        "r = σ(x_{t}·W_{r} + h_{t−1}·U_{r} + b_{r})\n"
        "h̃ = φ(x_{t}·W_{h} + (r ∘ h_{t−1})·U_{h} + b_{h})\n"
        "h_{t} = z · h_{t−1} + (1 − z) · h̃\n"
        "φ = relu,  σ = sigmoid",
    }


def test_other_layers_have_no_working() -> None:
    x = maju.Input((4, 6))
    model = maju.Model(x, layers.MultiHeadAttention(2, 3, name="heads")(x, x))
    call = calls_of(model, image(1, 4, 6))["heads"]
    assert work_out(call, Place((0, 0))) is None
    assert explanation_of(call.layer) is None
