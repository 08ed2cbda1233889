from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maju.experiments.augmentation import augmented, cutout, drop_tokens, flip, shift
from maju.experiments.experiment import Training

Array = np.ndarray[Any, Any]

TEXTS = np.array(["satu dua tiga empat", "lima", "", "  enam   tujuh\tdelapan ", "satu satu satu"])


def images(rows: int = 60, height: int = 11, width: int = 9, channels: int = 3) -> Array:
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (rows, height, width, channels)).astype(np.uint8)


def mirrored(index: int, length: int) -> int:
    """Where a pixel beyond an edge comes from; the edge itself is not repeated."""
    if index < 0:
        return -index
    return 2 * (length - 1) - index if index >= length else index


def moved(image: Array, down: int, right: int) -> Array:
    height, width, _ = image.shape
    out = np.empty_like(image)
    for i in range(height):
        for j in range(width):
            out[i, j] = image[mirrored(i + down, height), mirrored(j + right, width)]
    return out


def with_a_hole(image: Array, top: int, left: int) -> Array:
    out = image.copy()
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            if top <= i < top + 8 and left <= j < left + 8:
                out[i, j] = 128
    return out


def candidates(name: str, image: Array) -> list[Array]:
    """All that may become of an image."""
    height, width, _ = image.shape
    if name == "flip":
        return [image, image[:, ::-1]]
    if name == "shift":
        return [moved(image, down, right) for down in range(-4, 5) for right in range(-4, 5)]
    holes = [(top, left) for top in range(-4, height - 4) for left in range(-4, width - 4)]
    return [with_a_hole(image, top, left) for top, left in holes]


CHANGES = {"flip": flip, "shift": shift, "cutout": cutout}


@pytest.mark.parametrize(("name", "different"), [("flip", 2), ("shift", 9 * 9), ("cutout", 10 * 9)])
def test_each_image_is_changed_as_a_loop_would_and_every_change_happens(name: str, different: int) -> None:
    pair = images(2, 10, 9, 2)
    x = np.tile(pair, (700, 1, 1, 1))
    before = x.copy()
    out = CHANGES[name](x, np.random.default_rng(1))
    assert out.shape == x.shape
    assert out.dtype == np.dtype(np.uint8)
    np.testing.assert_array_equal(x, before)
    for place, image in enumerate(pair):
        possible = {candidate.tobytes() for candidate in candidates(name, image)}
        assert {changed.tobytes() for changed in out[place::2]} == possible
        assert len(possible) == different


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (5, 12, 3)], ids=str)
@pytest.mark.parametrize("name", CHANGES)
def test_the_seed_draws_the_change(name: str, shape: tuple[int, int, int]) -> None:
    x = images(20, *shape)
    one, again, other = (CHANGES[name](x, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert (one.shape, one.dtype) == (x.shape, x.dtype)
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_half_of_the_images_are_flipped() -> None:
    x = images(2_000, 2, 3, 1)
    share = (flip(x, np.random.default_rng(5)) != x).any(axis=(1, 2, 3)).mean()
    assert 0.45 < share < 0.55


def test_one_image_is_no_special_case() -> None:
    x = images(1)
    for change in CHANGES.values():
        assert change(x, np.random.default_rng(0)).shape == x.shape


# Texts


def test_the_words_that_stay_are_in_their_order() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        out = drop_tokens(TEXTS, 0.5, rng)
        assert out.shape == TEXTS.shape
        assert out.dtype.kind == "U"
        for text, thinned in zip(TEXTS, out, strict=True):
            words = iter(str(text).split())
            assert all(word in words for word in str(thinned).split())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_text_keeps_at_least_one_word(share: float) -> None:
    x = np.array(["a b c", "d", "e f"] * 200)
    assert all(drop_tokens(x, share, np.random.default_rng(3)))


def test_an_empty_text_stays_empty() -> None:
    x = np.array(["", "   ", "a"])
    assert drop_tokens(x, 0.9, np.random.default_rng(3)).tolist() == ["", "   ", "a"]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_as_many_words_are_dropped_as_was_asked(share: float) -> None:
    x = np.array([" ".join(map(str, range(20)))] * 1_000)
    kept = sum(len(str(text).split()) for text in drop_tokens(x, share, np.random.default_rng(4)))
    # Of 20,000 words, 3.5 standard deviations.
    assert kept / 20_000 == pytest.approx(1 - share, abs=3.5 * np.sqrt(share * (1 - share) / 20_000))


def test_of_texts_of_one_word_no_more_are_spared_than_need_be() -> None:
    x = np.array(["a b"] * 4_000)
    out = drop_tokens(x, 0.5, np.random.default_rng(5))
    # Both stay in a quarter of the draws; where neither would, one of them does.
    assert (out == "a b").mean() == pytest.approx(0.25, abs=0.03)
    assert (out == "a").mean() == pytest.approx(0.375, abs=0.03)


def test_the_seed_draws_the_words() -> None:
    one, again, other = (drop_tokens(TEXTS, 0.5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


# What an epoch sees


def test_the_changes_come_in_the_order_of_the_setting() -> None:
    x = images(30, 12, 12, 3)
    rng = np.random.default_rng(6)
    expected = cutout(shift(flip(x, rng), rng), rng)
    training = Training(epochs=1, augmentation=("flip", "shift", "cutout"))
    np.testing.assert_array_equal(augmented(x, training, np.random.default_rng(6)), expected)
    # A hole that is made last is grey in full; one that is made first may be moved.
    other = augmented(
        x, Training(epochs=1, augmentation=("cutout", "shift", "flip")), np.random.default_rng(6)
    )
    assert not np.array_equal(other, expected)


def test_texts_lose_words() -> None:
    expected = drop_tokens(TEXTS, 0.4, np.random.default_rng(8))
    out = augmented(TEXTS, Training(epochs=1, token_dropout=0.4), np.random.default_rng(8))
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("x", [images(4), TEXTS], ids=["images", "texts"])
def test_without_a_setting_nothing_changes(x: Array) -> None:
    assert augmented(x, Training(epochs=1), np.random.default_rng(0)) is x
