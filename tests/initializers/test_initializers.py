"""Initializers: those that draw nothing as Keras's to the last bit, the others as Keras's are distributed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import maju
from maju import initializers
from maju.errors import InputError
from maju.initializers.variance_scaling import fans

EXACT = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": -0.7},
    "Identity": {"gain": 2.5},
}
RANDOM: dict[str, tuple[str, dict[str, Any]]] = {
    "RandomNormal": ("RandomNormal", {"mean": 0.3, "stddev": 0.2}),
    "RandomUniform": ("RandomUniform", {"minval": -0.4, "maxval": 0.1}),
    "TruncatedNormal": ("TruncatedNormal", {"mean": -0.1, "stddev": 0.3}),
    "fan_out, normal": ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "normal"}),
    "fan_avg, untruncated": (
        "VarianceScaling",
        {"mode": "fan_avg", "distribution": "untruncated_normal"},
    ),
    "axes": (
        "VarianceScaling",
        {"distribution": "uniform", "input_axes": [0], "output_axes": [1, 2, 3]},
    ),
    **{name: (name, {}) for name in ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal")},
    **{name: (name, {}) for name in ("LecunUniform", "LecunNormal")},
}
#: A kernel of a convolution: 9 places, 50 channels, 400 filters.
KERNEL = (3, 3, 50, 400)


@pytest.mark.parametrize("name", EXACT)
def test_what_draws_nothing_is_keras_s_own(name: str) -> None:
    ours, theirs = (getattr(lib, name)(**EXACT[name]) for lib in (initializers, keras.initializers))
    np.testing.assert_array_equal(ours((4, 5)), np.asarray(theirs((4, 5))))
    assert ours((4, 5)).dtype == np.float32
    assert ours((4, 5), dtype="float64").dtype == np.float64
    if name != "Identity":  # whose gain Keras forgets
        assert ours.get_config() == theirs.get_config()


@pytest.mark.parametrize("side", ["real", "imag"])
@pytest.mark.parametrize(
    ("window", "scaling", "periodic"),
    [("hann", "density", False), ("hamming", "spectrum", True), (None, "density", False)],
)
def test_stft_kernels_are_keras_s_own(side: str, window: Any, scaling: Any, periodic: bool) -> None:
    arguments = (side, window, scaling, periodic)
    theirs = keras.initializers.STFT(*arguments)((7, 1, 5))
    np.testing.assert_allclose(initializers.STFT(*arguments)((7, 1, 5)), np.asarray(theirs), atol=1e-6)


@pytest.mark.parametrize("case", RANDOM)
def test_what_is_drawn_is_distributed_as_keras_s(case: str) -> None:
    name, arguments = RANDOM[case]
    ours = getattr(initializers, name)(**arguments, seed=3)(KERNEL).ravel()
    theirs = np.asarray(getattr(keras.initializers, name)(**arguments, seed=4)(KERNEL)).ravel()
    spread = float(theirs.std())
    assert abs(ours.mean() - theirs.mean()) < 5 * spread * np.sqrt(2 / ours.size)
    assert ours.std() == pytest.approx(spread, rel=0.01)
    shares = np.linspace(0.02, 0.98, 25)
    np.testing.assert_allclose(
        np.quantile(ours, shares), np.quantile(theirs, shares), atol=0.02 * spread, rtol=0
    )
    bounded = ("Normal" not in name and "normal" not in str(arguments)) or "Truncated" in name
    if bounded or name.startswith(("Glorot", "He", "Lecun")):  # neither draws beyond a limit
        assert ours.min() == pytest.approx(theirs.min(), abs=0.02 * spread)
        assert ours.max() == pytest.approx(theirs.max(), abs=0.02 * spread)


@pytest.mark.parametrize("shape", [(), (7,), (3, 5), (2, 3, 5), (2, 3, 5, 7), (2, 2, 2, 3, 4)])
def test_fans_are_keras_s(shape: tuple[int, ...]) -> None:
    from keras.src.initializers.random_initializers import compute_fans

    assert fans(shape) == compute_fans(shape)
    if len(shape) > 2:
        assert fans(shape, [0], [1, 2]) == compute_fans(shape, [0], [1, 2])


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9), (3, 3, 2, 5)], ids=str)
def test_orthogonal(shape: tuple[int, ...]) -> None:
    drawn = initializers.Orthogonal(gain=1.5, seed=1)(shape, "float64").reshape(-1, shape[-1])
    product = drawn.T @ drawn if drawn.shape[0] >= drawn.shape[1] else drawn @ drawn.T
    np.testing.assert_allclose(product, 1.5**2 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_is_drawn_evenly() -> None:
    # Without the signs of R's diagonal, the first value of Q would never be above 0.
    first = [initializers.Orthogonal(seed=seed)((3, 3))[0, 0] for seed in range(200)]
    assert 60 < sum(value > 0 for value in first) < 140


def test_seeds() -> None:
    draw = initializers.HeNormal(seed=5)
    np.testing.assert_array_equal(draw((3, 4)), draw((3, 4)))
    free = initializers.HeNormal()
    assert not np.array_equal(free((3, 4)), free((3, 4)))
    maju.set_random_seed(8)
    first = [free((3, 4)), initializers.get("uniform")((2, 2))]  # type: ignore[misc]
    maju.set_random_seed(8)
    again = [free((3, 4)), initializers.get("uniform")((2, 2))]  # type: ignore[misc]
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


@pytest.mark.parametrize("name", [*EXACT, *dict.fromkeys(name for name, _ in RANDOM.values()), "Orthogonal"])
def test_every_way_to_say_it(name: str) -> None:
    cls = getattr(initializers, name)
    theirs = getattr(keras.initializers, name)()
    snake = keras.src.utils.naming.to_snake_case(name)
    for said in (name, snake, cls, cls(), {"class_name": name, "config": {}}, theirs.__class__.__name__):
        assert isinstance(initializers.get(said), cls)
    ours = initializers.serialize(cls())
    back = keras.initializers.deserialize(ours)
    assert back.get_config() == theirs.get_config()
    assert initializers.get(keras.initializers.serialize(theirs)).get_config() == cls().get_config()  # type: ignore[union-attr]
    keras2 = {"class_name": name, "config": {**ours["config"], "dtype": "float32"}}
    assert initializers.get(keras2).get_config() == cls().get_config()  # type: ignore[union-attr]


def test_functions_and_arrays() -> None:
    assert initializers.get(None) is None
    values = np.arange(6.0).reshape(2, 3)
    given = initializers.get(values)
    assert given is not None
    np.testing.assert_array_equal(given((2, 3)), values)
    with pytest.raises(InputError, match=r"values of shape \(2, 3\) for a weight of shape \(3, 2\)"):
        given((3, 2))
    own = initializers.get(lambda shape, dtype=None: np.full(shape, 2.0))
    assert own is not None
    assert own((2,)).tolist() == [2, 2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda: initializers.get("glorot_unform"),
            "no initializer 'glorot_unform'; near it are .*GlorotUniform",
        ),
        (lambda: initializers.get(3), "expected an? initializer, its name or its config, got 3"),
        (lambda: initializers.Identity()((2, 3, 4)), r"makes matrices, not a weight of shape \(2, 3, 4\)"),
        (lambda: initializers.Orthogonal()((3,)), r"of two axes or more, not of shape \(3,\)"),
        (
            lambda: initializers.Zeros()((None, 3)),  # type: ignore[arg-type]
            r"expected a shape as \(3, 4\), got \(None, 3\)",
        ),
        (
            lambda: initializers.HeNormal(seed="x"),  # type: ignore[arg-type]
            "seed='x'; expected a whole number from 0 up",
        ),
        (lambda: initializers.VarianceScaling(mode="fan"), "mode='fan'; expected 'fan_in' or 'fan_out'"),
        (lambda: initializers.VarianceScaling(scale=0), "scale=0; expected a number above 0"),
        (lambda: initializers.Constant("a")((2,)), r"'a' does not fill shape \(2,\)"),
        (lambda: initializers.STFT(window="kaiser"), "window='kaiser'; expected 'hann' or 'hamming'"),
        (lambda: initializers.Zeros.from_config({"gain": 1}), "are not its arguments"),
    ],
)
def test_wrong_use(wrong: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        wrong()
