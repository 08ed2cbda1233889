from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import maju
from maju import augmentation, layers, random
from maju.augmentation import ImageAugmentation, TokenDropout
from maju.errors import InputError
from maju.layers.base import Array

TYPES = ["uint8", "int32", "float32", "float64"]


def images(dtype: str = "float32", *, rows: int = 40, channels: int | None = 3) -> Array:
    shape = (rows, 5, 7) if channels is None else (rows, 5, 7, channels)
    return (np.random.default_rng(0).random(shape) * 200 + 10).astype(dtype)


def generator(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_all_together_keep_shape_and_type_and_the_input(dtype: str, channels: int | None) -> None:
    x = images(dtype, channels=channels)
    before = x.copy()
    augment = ImageAugmentation(flip="horizontal_and_vertical", shift=2, crop=0.6, brightness=0.3)
    y = augment(x, generator())
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(x, before)
    assert not np.array_equal(y, x)
    np.testing.assert_array_equal(y, augment(x, generator()))
    assert not np.array_equal(y, augment(x, generator(2)))


@pytest.mark.parametrize(("flip", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_flips_mirror_whole_images_half_of_the_time(flip: str, axis: int) -> None:
    x = images(rows=400)
    y = ImageAugmentation(flip=flip)(x, generator())
    mirrored = np.array([np.array_equal(b, np.flip(a, axis - 1)) for a, b in zip(x, y, strict=True)])
    same = np.array([np.array_equal(a, b) for a, b in zip(x, y, strict=True)])
    assert (mirrored ^ same).all()
    assert 160 < mirrored.sum() < 240


def test_both_flips_are_drawn_apart() -> None:
    x = images(rows=200)
    y = ImageAugmentation(flip="horizontal_and_vertical")(x, generator())
    kinds = [x, x[:, :, ::-1], x[:, ::-1], x[:, ::-1, ::-1]]
    counts = [sum(np.array_equal(a, b) for a, b in zip(kind, y, strict=True)) for kind in kinds]
    assert sum(counts) == 200
    assert min(counts) > 25


def test_a_shift_moves_by_each_number_of_pixels_and_mirrors_at_the_edges() -> None:
    x = images(rows=600)
    y = ImageAugmentation(shift=2)(x, generator())
    found = set()
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    for row in range(600):
        places = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if np.array_equal(y[row], padded[row, down : down + 5, right : right + 7])
        ]
        assert len(places) == 1
        found |= set(places)
    assert len(found) == 25


def test_a_crop_enlarges_a_window() -> None:
    height, width = 40, 60
    down, right = np.mgrid[:height, :width].astype(np.float32)
    x = np.repeat(np.stack([down, right], -1)[None], 300, axis=0)
    y = ImageAugmentation(crop=0.5)(x, generator())
    for axis, length in ((1, height), (2, width)):
        values = y[..., axis - 1]
        line = np.diff(values, axis=axis)
        inside = np.take(line, range(length // 4, length // 2), axis)
        share = inside.reshape(300, -1)  # how far apart neighbours were: the share of the window
        np.testing.assert_allclose(share, share[:, :1] + 0 * share, atol=1e-4)
        assert 0.5 <= share.min() < 0.52
        assert 0.98 < share.max() <= 1.0001
        assert values.min() == 0
        assert values.max() == pytest.approx(length - 1)
    assert (np.diff(y[..., 0], axis=1) >= 0).all(), "nothing is turned around"
    whole = ImageAugmentation(crop=1.0)(x, generator())
    np.testing.assert_allclose(whole, x, atol=1e-5)


def test_brightness_multiplies_each_image_by_one_factor() -> None:
    x = images(rows=500)
    factors = ImageAugmentation(brightness=0.25)(x, generator()) / x
    np.testing.assert_allclose(factors, factors[:, :1, :1, :1] + 0 * factors, rtol=1e-5)
    assert 0.75 <= factors.min() < 0.76
    assert 1.24 < factors.max() <= 1.2501
    limited = ImageAugmentation(brightness=0.9, value_range=(40, 180))(x, generator())
    assert limited.min() == 40
    assert limited.max() == 180
    bright = ImageAugmentation(brightness=1.0)(np.full((50, 2, 2), 200, np.uint8), generator())
    assert bright.max() == 255, "what is too bright does not become dark"


def test_token_dropout_replaces_tokens_and_leaves_padding() -> None:
    x = np.random.default_rng(0).integers(2, 1000, (100, 50))
    x[:, 30:] = 0
    for dtype in ("int64", "int32", "float32"):
        y = TokenDropout(0.2)(x.astype(dtype), generator())
        assert y.dtype == dtype
        changed = y != x
        assert (y[changed] == 1).all()
        assert not changed[:, 30:].any()
        assert 0.18 < changed[:, :30].mean() < 0.22
    np.testing.assert_array_equal(TokenDropout(0.0)(x, generator()), x)
    y = TokenDropout(1.0, replacement=0, padding=7)(x, generator())
    assert (y == np.where(x == 7, 7, 0)).all()


# Where the draws come from


def test_by_hand_each_call_draws_on() -> None:
    x = images()
    seeded = [ImageAugmentation(flip="horizontal", seed=5) for _ in range(2)]
    calls = [[augment(x) for _ in range(3)] for augment in seeded]
    np.testing.assert_array_equal(calls[0], calls[1])
    assert not np.array_equal(calls[0][0], calls[0][1])
    found = []
    for seed in (1, 1, 2):
        random.set_random_seed(seed)
        found.append(TokenDropout(0.5)(np.full((4, 9), 5)))
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


class Seen:
    """Remembers what it was given, and what was drawn."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self.draws: list[float] = []

    def __call__(self, x: Any, rng: np.random.Generator) -> Any:
        self.draws.append(rng.random())
        return x


def model() -> maju.Model:
    made = maju.Sequential([maju.Input((5, 7, 3)), layers.Flatten(), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def drawn(seed: int, own: int | None = None, **settings: Any) -> list[float]:
    random.set_random_seed(seed)
    seen = Seen(own)
    model().fit(images() / 255, np.zeros((40, 1)), batch_size=16, verbose=0, augment=seen, **settings)
    return seen.draws


def test_in_fit_draws_follow_from_seed_epoch_and_batch() -> None:
    first = drawn(1, epochs=3)
    assert len(first) == 9
    assert len(set(first)) == 9
    assert drawn(1, epochs=3) == first
    assert drawn(1, epochs=3, initial_epoch=1) == first[3:]
    assert not set(drawn(2, epochs=3)) & set(first)
    assert drawn(1, own=4) == drawn(2, own=4)
    assert drawn(1, own=4) != drawn(1, own=5)


def test_in_fit_the_order_of_the_rows_is_drawn_apart() -> None:
    random.set_random_seed(0)
    seen = Seen()
    made = model()
    made.fit(images(), np.zeros((40, 1)), verbose=0, augment=seen)
    order = np.random.default_rng([made.trainer.seed, 0]).random()
    assert order not in seen.draws


def test_in_fit_training_sees_it_and_validation_does_not() -> None:
    x, y = np.ones((8, 5, 7, 3), np.float32), np.ones((8, 1), np.float32)
    made = model()
    made.layers[-1].weights["kernel"][...] = 1
    made.compile(maju.optimizers.SGD(0.0), "mse")
    history = made.fit(
        x, y, verbose=0, validation_data=(x, y), augment=lambda x, rng: np.zeros_like(x)
    ).history
    assert history["loss"] == [1.0]
    assert history["val_loss"] == [float((5 * 7 * 3 - 1) ** 2)]
    assert made.evaluate(x, y, verbose=0) == history["val_loss"][0]


def test_in_fit_with_several_inputs() -> None:
    a, b = maju.Input((5, 7, 3), name="a"), maju.Input((2,), name="b")
    joined = layers.Concatenate()([layers.Flatten()(a), b])
    made = maju.Model([a, b], layers.Dense(1)(joined))
    made.compile("sgd", "mse")
    x = [images(), np.ones((40, 2), np.float32)]
    flip = ImageAugmentation(flip="horizontal")

    def augment(given: Any, rng: np.random.Generator) -> Any:
        assert list(given) == ["a", "b"]
        return {**given, "a": flip(given["a"], rng)}

    made.fit(x, np.zeros((40, 1)), verbose=0, augment=augment)
    with pytest.raises(
        InputError, match="got a dict of several inputs; give a function that changes one of them"
    ):
        made.fit(x, np.zeros((40, 1)), verbose=0, augment=flip)
    with pytest.raises(InputError, match="augment: expected a dict of the inputs a, b back"):
        made.fit(x, np.zeros((40, 1)), verbose=0, augment=lambda given, rng: given["a"])


# What is refused


WRONG: list[tuple[type, dict[str, Any], str]] = [
    (ImageAugmentation, {"flip": "left"}, "flip='left'; expected one of None, 'horizontal', 'vertical'"),
    (ImageAugmentation, {"flip": True}, "flip=True; expected one of"),
    (ImageAugmentation, {"shift": -1}, "shift=-1; expected a whole number of 0 or more"),
    (ImageAugmentation, {"shift": 0.1}, "shift=0.1; expected a whole number of 0 or more"),
    (ImageAugmentation, {"crop": 0}, "crop=0; expected a share above 0, at most 1"),
    (ImageAugmentation, {"crop": (24, 24)}, r"crop=\(24, 24\); expected a number"),
    (ImageAugmentation, {"brightness": 1.5}, "brightness=1.5; expected a number from 0 to 1"),
    (ImageAugmentation, {"value_range": 255}, "value_range=255; expected two numbers"),
    (ImageAugmentation, {"value_range": (1, 0)}, r"value_range=\(1, 0\); expected the lower one first"),
    (ImageAugmentation, {"seed": "a"}, "seed='a'; expected a whole number"),
    (TokenDropout, {"rate": 2}, "rate=2; expected a number from 0 to 1"),
    (TokenDropout, {"rate": 0.1, "replacement": -1}, "replacement=-1; expected"),
    (TokenDropout, {"rate": 0.1, "padding": None}, "padding=None; expected"),
]


@pytest.mark.parametrize(
    ("kind", "arguments", "message"), WRONG, ids=[f"{k.__name__} {a}" for k, a, _ in WRONG]
)
def test_wrong_arguments(kind: type, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"{kind.__name__}: {message}"):
        kind(**arguments)


def test_what_is_no_image_and_no_text() -> None:
    with pytest.raises(InputError, match=r"expected images, .* got shape \(3, 4\) of float64"):
        ImageAugmentation()(np.zeros((3, 4)))
    with pytest.raises(InputError, match="shift=5 is too far for images of 5x7 pixels"):
        ImageAugmentation(shift=5)(images())
    with pytest.raises(InputError, match="turn texts into numbers first, by TextVectorization"):
        TokenDropout(0.1)(np.array([["a text"]]))
    with pytest.raises(
        InputError, match=r"expected the numbers of tokens, \(batch, time\), got shape \(3,\)"
    ):
        TokenDropout(0.1)(np.arange(3))


def test_a_function_that_loses_rows() -> None:
    with pytest.raises(
        InputError, match=r"augment: expected 32 rows for the input 'input_layer.*', got 31 of float32"
    ):
        model().fit(images(), np.zeros((40, 1)), verbose=0, augment=lambda x, rng: x[1:])
    with pytest.raises(InputError, match="augment: expected a function of x and rng, got 'flip'"):
        model().fit(images(), np.zeros((40, 1)), verbose=0, augment="flip")  # type: ignore[arg-type]


def test_public_names() -> None:
    assert augmentation.__all__ == ["Augmentation", "ImageAugmentation", "TokenDropout"]
