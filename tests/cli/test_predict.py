"""`maju predict`: the numbers against Keras, the files that it reads and those that it refuses."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import maju
from cli.fixtures import Finished, Maju, Models

TEXTS = ["Enak, ramah!", "tidak suka mahal", "", "lain sama sekali"]


def pixels(channels: int = 3, height: int = 6, width: int = 5, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def save_image(path: Path, values: NDArray[np.uint8], **options: Any) -> Path:
    Image.fromarray(values[:, :, 0] if values.shape[2] == 1 else values).save(path, **options)
    return path


def keras_output(model: Any, x: NDArray[Any]) -> NDArray[np.float32]:
    import keras

    dtype = "string" if x.dtype.kind == "U" else None
    tensor = keras.ops.convert_to_tensor(x.tolist() if dtype else x, dtype=dtype)
    return np.asarray(model(tensor, training=False))


def probabilities(result: Finished) -> NDArray[np.float64]:
    """Those that the JSON tells, (inputs, classes)."""
    assert result.code == 0, result
    rows = []
    for row in result.json:
        top = sorted(row["top"], key=lambda entry: int(entry["class"]))
        assert [entry["class"] for entry in top] == list(range(len(top)))
        rows.append([entry["probability"] for entry in top])
    return np.array(rows)


class TestImages:
    @pytest.mark.parametrize("name", ["grey", "plain", "rgba"])
    def test_the_numbers_are_those_of_keras(
        self, cli: Maju, models: Models, tmp_path: Path, name: str
    ) -> None:
        channels = {"grey": 1, "plain": 3, "rgba": 4}[name]
        images = [pixels(channels, seed=seed) for seed in range(3)]
        paths = [save_image(tmp_path / f"{i}.png", image) for i, image in enumerate(images)]
        result = cli("predict", models.path(name), *paths, "--top", "3", "--json")
        expected = keras_output(models[name], np.stack(images) / np.float32(255))
        np.testing.assert_allclose(probabilities(result), expected, rtol=0, atol=1e-6)
        assert [row["input"] for row in result.json] == list(map(str, paths))
        assert [row["top"][0]["class"] for row in result.json] == expected.argmax(axis=1).tolist()

    @pytest.mark.parametrize(
        ("name", "options", "scale", "offset", "says_so"),
        [
            ("plain", [], 1 / 255, 0, True),
            ("plain", ["--scale", "0..1"], 1 / 255, 0, False),
            ("plain", ["--scale", "-1..1"], 2 / 255, -1, False),
            ("plain", ["--scale", "0..255"], 1, 0, False),
            ("rescaling", [], 1, 0, False),
            ("rescaling", ["--scale", "0..1"], 1 / 255, 0, False),
            ("bytes", [], 1, 0, False),
            ("bytes", ["--scale", "0..255"], 1, 0, False),
        ],
        ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
    )
    def test_how_pixels_are_scaled(
        self,
        cli: Maju,
        models: Models,
        tmp_path: Path,
        name: str,
        options: list[str],
        scale: float,
        offset: float,
        says_so: bool,
    ) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        result = cli("predict", models.path(name), path, "--top", "3", "--json", *options)
        x = (pixels()[np.newaxis] * scale + offset).astype("uint8" if name == "bytes" else "float32")
        np.testing.assert_allclose(probabilities(result), keras_output(models[name], x), rtol=0, atol=2e-6)
        note = "note: pixels were scaled to 0..1; if the model was trained on others, give --scale\n"
        assert result.stderr == (note if says_so else "")

    def test_a_rescaling_inside_a_nested_model_counts(
        self, cli: Maju, models: Models, tmp_path: Path
    ) -> None:
        from keras import Input, Sequential

        Sequential([Input((6, 5, 3)), models["rescaling"]]).save(tmp_path / "outer.keras")
        path = save_image(tmp_path / "a.png", pixels())
        result = cli("predict", tmp_path / "outer.keras", path, "--top", "3", "--json")
        expected = keras_output(models["rescaling"], pixels()[np.newaxis].astype(np.float32))
        np.testing.assert_allclose(probabilities(result), expected, rtol=0, atol=1e-6)

    def test_integers_take_no_scale(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        message = cli("predict", models.path("bytes"), path, "--scale", "0..1").error
        assert message == "the model takes uint8 pixels, 0 to 255; leave --scale 0..1 out"

    def test_channels_first(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        result = cli("predict", models.path("channels_first"), path, "--top", "3", "--json")
        x = pixels()[np.newaxis].transpose(0, 3, 1, 2) / np.float32(255)
        expected = maju.load(models.path("channels_first")).predict(x)  # TensorFlow has no such CPU kernel
        np.testing.assert_allclose(probabilities(result), expected, rtol=0, atol=1e-6)

    def test_a_model_without_a_channel_axis_takes_grey(
        self, cli: Maju, models: Models, tmp_path: Path
    ) -> None:
        path = save_image(tmp_path / "a.png", pixels(1))
        result = cli("predict", models.path("rows"), path, "--top", "3", "--json")
        expected = keras_output(models["rows"], pixels(1)[np.newaxis, :, :, 0] / np.float32(255))
        np.testing.assert_allclose(probabilities(result), expected, rtol=0, atol=1e-6)

    def test_colours_become_grey_for_a_grey_model(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = save_image(tmp_path / "a.png", pixels(3))
        grey = np.asarray(Image.fromarray(pixels(3)).convert("L"))[np.newaxis, :, :, np.newaxis]
        result = cli("predict", models.path("grey"), path, "--top", "3", "--json")
        expected = keras_output(models["grey"], grey / np.float32(255))
        np.testing.assert_allclose(probabilities(result), expected, rtol=0, atol=1e-6)

    def test_another_size_needs_resize(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = save_image(tmp_path / "big.png", pixels(height=20, width=31))
        assert cli("predict", models.path("plain"), path).error == (
            f"{path}: 31 × 20 pixels (width × height), the model takes 5 × 6; "
            "--resize brings it to that size, whatever its proportions"
        )
        result = cli("predict", models.path("plain"), path, "--resize", "--top", "3", "--json")
        small = np.asarray(
            Image.fromarray(pixels(height=20, width=31)).resize((5, 6), Image.Resampling.BILINEAR)
        )
        expected = keras_output(models["plain"], small[np.newaxis] / np.float32(255))
        np.testing.assert_allclose(probabilities(result), expected, rtol=0, atol=1e-6)

    def test_resize_leaves_the_right_size_alone(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        resized = cli("predict", models.path("plain"), path, "--json", "--resize")
        assert resized.json == cli("predict", models.path("plain"), path, "--json").json

    def test_any_size_is_one_size_at_a_time(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        small = save_image(tmp_path / "small.png", pixels())
        large = save_image(tmp_path / "large.png", pixels(height=9, width=8))
        assert len(cli("predict", models.path("any_size"), large, "--json").json) == 1
        message = cli("predict", models.path("any_size"), small, large).error
        assert message == f"{small} and {large} differ in shape: (6, 5, 3) and (9, 8, 3); run them one by one"

    def test_a_photograph_is_turned_upright(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        turned = Image.fromarray(np.rot90(pixels()).copy())
        exif = turned.getexif()
        exif[0x0112] = 6  # shown turned by a quarter, clockwise
        turned.save(tmp_path / "turned.png", exif=exif)
        upright = save_image(tmp_path / "upright.png", pixels())
        rows = cli(
            "predict", models.path("plain"), tmp_path / "turned.png", upright, "--json", "--top", "3"
        ).json
        assert rows[0]["top"] == rows[1]["top"]

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (
                lambda path: Image.fromarray(np.full((6, 5), 60_000, np.uint16)).save(path),
                "pixels of the kind 'I;16'; save it with 8 bits a channel, or give its values as .npy",
            ),
            (
                lambda path: Image.fromarray(pixels()).save(
                    path, save_all=True, append_images=[Image.fromarray(pixels(seed=1))]
                ),
                "an animation or a stack of 2 images, not one",
            ),
            (
                lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 40),
                "cannot be read as an image (Truncated File Read)",
            ),
            (lambda path: path.write_bytes(b"hello"), "neither .npy, .npz nor an image"),
            (lambda path: path.write_bytes(b""), "an empty file"),
            (lambda path: path.mkdir(), "a directory; name the files in it, as {path}/*"),
            (lambda path: None, "there is no such file"),
        ],
        ids=["16 bits", "animation", "damaged", "no image", "empty", "directory", "missing"],
    )
    def test_what_is_refused(
        self, cli: Maju, models: Models, tmp_path: Path, make: Any, message: str
    ) -> None:
        path = tmp_path / "a.png"
        make(path)
        found = cli("predict", models.path("plain"), path).error
        assert found == f"{path}: {message.format(path=path)}"

    def test_a_photograph_with_a_second_picture_behind_it(
        self, cli: Maju, models: Models, tmp_path: Path
    ) -> None:
        first, second = (Image.fromarray(pixels(height=12, width=10, seed=seed)) for seed in (0, 1))
        first.save(tmp_path / "two.jpg", format="MPO", save_all=True, append_images=[second])
        first.save(tmp_path / "one.jpg")
        both = (tmp_path / "two.jpg", tmp_path / "one.jpg")
        rows = cli("predict", models.path("any_size"), *both, "--json", "--top", "3").json
        assert rows[0]["top"] == rows[1]["top"]

    def test_pillow_runs_no_other_program(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = tmp_path / "a.eps"
        Image.fromarray(pixels()).save(path)
        assert cli("predict", models.path("plain"), path).error == f"{path}: neither .npy, .npz nor an image"

    def test_a_truncated_image(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = save_image(tmp_path / "a.png", pixels(height=60, width=50))
        path.write_bytes(path.read_bytes()[:-4000])
        message = cli("predict", models.path("plain"), path, "--resize").error
        assert message.startswith(f"{path}: cannot be read as an image (")

    def test_an_image_larger_than_is_sane(
        self, cli: Maju, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 25)
        assert "exceeds limit" in cli("predict", models.path("plain"), path).error

    @pytest.mark.parametrize("name", ["ids", "logits"])
    def test_a_model_that_takes_no_images(self, cli: Maju, models: Models, tmp_path: Path, name: str) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        shape = {"ids": "(None, None)", "logits": "(None, 4)"}[name]
        message = cli("predict", models.path(name), path).error
        assert message == f"the model takes arrays of shape {shape}, which no image fits"

    def test_without_pillow_it_says_how_to_install_it(
        self, cli: Maju, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        monkeypatch.setitem(__import__("sys").modules, "PIL", None)
        message = cli("predict", models.path("plain"), path).error
        assert message == "reading images needs more than maju's core: pip install 'maju[cli]'"


class TestTexts:
    @pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "windows"])
    @pytest.mark.parametrize("source", ["file", "standard input"])
    def test_the_numbers_are_those_of_keras(
        self, cli: Maju, models: Models, tmp_path: Path, source: str, ending: str
    ) -> None:
        data = ("".join(text + ending for text in TEXTS)).encode("utf-8-sig")
        (tmp_path / "texts").write_bytes(data)
        given = "-" if source == "standard input" else tmp_path / "texts"
        result = cli("predict", models.path("sentiment"), given, "--top", "2", "--json", stdin=data)
        p = keras_output(models["sentiment"], np.array(TEXTS))
        np.testing.assert_allclose(probabilities(result), np.hstack([1 - p, p]), rtol=0, atol=1e-6)
        assert [row["input"] for row in result.json] == TEXTS

    def test_the_last_line_needs_no_end(self, cli: Maju, models: Models) -> None:
        rows = cli("predict", models.path("sentiment"), "-", "--json", stdin="enak\nmahal").json
        assert [row["input"] for row in rows] == ["enak", "mahal"]

    def test_several_files_follow_one_another(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / name).write_text(f"{name}\nsuka\n")
        rows = cli("predict", models.path("sentiment"), tmp_path / "one", tmp_path / "two", "--json").json
        assert [row["input"] for row in rows] == ["one", "suka", "two", "suka"]

    def test_several_sigmoids_are_probabilities_of_their_own(self, cli: Maju, models: Models) -> None:
        result = cli("predict", models.path("tags"), "-", "--json", "--top", "4", stdin="\n".join(TEXTS))
        expected = keras_output(models["tags"], np.array(TEXTS))
        np.testing.assert_allclose(probabilities(result), expected, rtol=0, atol=1e-6)

    @pytest.mark.parametrize("text", ["", "\n", " \n\n"], ids=["nothing", "a line", "blanks"])
    def test_no_text_at_all(self, cli: Maju, models: Models, text: str) -> None:
        assert (
            cli("predict", models.path("sentiment"), "-", stdin=text).error == "standard input: holds no text"
        )

    def test_what_is_no_text(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = save_image(tmp_path / "a.png", pixels())
        message = cli("predict", models.path("sentiment"), path).error
        assert message == f"{path}: the model takes texts, and this is not UTF-8 (invalid start byte)"

    @pytest.mark.parametrize("source", ["-", "texts.txt"])
    def test_a_model_without_its_vocabulary(
        self, cli: Maju, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("texts.txt").write_text("enak\n")
        shown = "standard input" if source == "-" else source
        assert cli("predict", models.path("ids"), source, stdin="enak\n").error == (
            f"{shown}: texts, but the model takes numbers of shape (None, None): "
            "its vocabulary is not in the file; give the ids as .npy"
        )


class TestArrays:
    def test_npy_is_taken_as_it_is(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        x = np.random.default_rng(0).normal(size=(4, 6, 5, 3)).astype(np.float32)
        np.save(tmp_path / "x.npy", x)
        result = cli("predict", models.path("plain"), tmp_path / "x.npy", "--top", "3", "--json")
        np.testing.assert_allclose(probabilities(result), keras_output(models["plain"], x), rtol=0, atol=1e-6)
        assert [row["input"] for row in result.json] == [f"{tmp_path / 'x.npy'}[{i}]" for i in range(4)]
        assert result.stderr == ""

    def test_ids_that_end_in_padding(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        ids = np.array([[3, 4, 5, 0, 0], [19, 1, 1, 1, 7], [2, 0, 0, 0, 0]])
        np.save(tmp_path / "ids.npy", ids)
        result = cli("predict", models.path("ids"), tmp_path / "ids.npy", "--top", "3", "--json")
        np.testing.assert_allclose(probabilities(result), keras_output(models["ids"], ids), rtol=0, atol=1e-6)

    def test_texts_in_npy(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.array(TEXTS))
        result = cli("predict", models.path("sentiment"), tmp_path / "x.npy", "--top", "2", "--json")
        p = keras_output(models["sentiment"], np.array(TEXTS))
        np.testing.assert_allclose(probabilities(result), np.hstack([1 - p, p]), rtol=0, atol=1e-6)

    @pytest.mark.parametrize("names", [["x"], ["ids", "other"]], ids=["alone", "by name"])
    def test_npz_for_one_input(self, cli: Maju, models: Models, tmp_path: Path, names: list[str]) -> None:
        ids = np.array([[3, 4, 5]])
        np.savez(tmp_path / "x.npz", **{name: ids if name != "other" else ids + 1 for name in names})  # type: ignore[arg-type]
        result = cli("predict", models.path("ids"), tmp_path / "x.npz", "--top", "3", "--json")
        np.testing.assert_allclose(probabilities(result), keras_output(models["ids"], ids), rtol=0, atol=1e-6)

    def test_npz_for_several_inputs_and_outputs(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        left, right = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
        np.savez_compressed(tmp_path / "x.npz", right=right, left=left)
        rows = cli("predict", models.path("two"), tmp_path / "x.npz", "--json").json
        one, two = (np.asarray(y) for y in models["two"]([left, right], training=False))
        assert [row["output"] for row in rows] == ["one", "two"] * 3
        best = [row["top"][0] for row in rows[::2]]
        assert [entry["class"] for entry in best] == one.argmax(axis=1).tolist()
        np.testing.assert_allclose(
            [entry["probability"] for entry in best], one.max(axis=1), rtol=0, atol=1e-6
        )
        np.testing.assert_allclose([row["values"] for row in rows[1::2]], two, rtol=0, atol=1e-5)
        table = cli("predict", models.path("two"), tmp_path / "x.npz").stdout
        assert table.startswith("one:\nInput")
        assert "\n\ntwo:\nInput" in table

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"left": (3, 4)}, "holds left; the model takes left, right"),
            (
                {"left": (3, 4), "right": (2, 4)},
                "every array needs the same number of rows, at least one: left (3, 4), right (2, 4)",
            ),
            (
                {"left": (0, 4), "right": (0, 4)},
                "every array needs the same number of rows, at least one: left (0, 4), right (0, 4)",
            ),
        ],
        ids=["too few", "different rows", "no rows"],
    )
    def test_npz_that_does_not_fit(
        self, cli: Maju, models: Models, tmp_path: Path, arrays: dict[str, tuple[int, ...]], message: str
    ) -> None:
        path = tmp_path / "x.npz"
        np.savez(path, **{name: np.ones(shape) for name, shape in arrays.items()})  # type: ignore[arg-type]
        assert cli("predict", models.path("two"), path).error == f"{path}: {message}"

    def test_several_inputs_need_one_npz(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.ones((2, 4)))
        message = cli("predict", models.path("two"), tmp_path / "x.npy").error
        assert message == "the model takes 2 inputs: give one .npz that holds left, right"

    def test_one_input_of_many_arrays(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        np.savez(tmp_path / "x.npz", a=np.ones((1, 3)), b=np.ones((1, 3)))
        message = cli("predict", models.path("ids"), tmp_path / "x.npz").error
        assert message == f"{tmp_path / 'x.npz'}: holds a, b; the model takes one array, ids"

    @pytest.mark.parametrize(
        ("name", "array", "message"),
        [
            ("logits", np.ones((3, 5)), "input 'x': expected shape (batch, 4), got (3, 5)"),
            (
                "logits",
                np.ones(4),
                "input 'x': expected shape (batch, 4), got (4,); for a single sample, "
                "add the batch axis: x[np.newaxis]",
            ),
            ("logits", np.ones((0, 4)), "no rows"),
            ("logits", np.array(1.0), "a single number; the model takes an array with a batch axis"),
            ("logits", np.array([["a"]]), "input 'x': expected numbers, got values of type <U1"),
            ("sentiment", np.ones(3), "input 'x': expected text, got values of type float64"),
            (
                "logits",
                np.array([{}], dtype=object),
                "holds pickled Python objects, which could run code; save it as plain numbers or strings",
            ),
        ],
        ids=["shape", "no batch axis", "no rows", "a number", "strings", "numbers for texts", "pickled"],
    )
    def test_npy_that_does_not_fit(
        self, cli: Maju, models: Models, tmp_path: Path, name: str, array: NDArray[Any], message: str
    ) -> None:
        path = tmp_path / "x.npy"
        np.save(path, array, allow_pickle=True)
        assert cli("predict", models.path(name), path).error == f"{path}: {message}"

    def test_pickled_arrays_in_npz(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        np.savez(tmp_path / "x.npz", x=np.array([{}], dtype=object))
        message = cli("predict", models.path("logits"), tmp_path / "x.npz").error
        assert "holds pickled Python objects, which could run code" in message

    @pytest.mark.parametrize(
        "kept", [8, 40, -8], ids=["magic alone", "part of the header", "part of the data"]
    )
    def test_truncated_npy(self, cli: Maju, models: Models, tmp_path: Path, kept: int) -> None:
        path = tmp_path / "x.npy"
        np.save(path, np.ones((9, 4)))
        path.write_bytes(path.read_bytes()[:kept])
        assert cli("predict", models.path("logits"), path).error.startswith(
            f"{path}: a damaged .npy or .npz ("
        )

    def test_truncated_npz(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        path = tmp_path / "x.npz"
        np.savez(path, x=np.ones((9, 4)))
        path.write_bytes(path.read_bytes()[:-40])
        assert cli("predict", models.path("logits"), path).error.startswith(
            f"{path}: a damaged .npy or .npz ("
        )

    def test_a_zip_file_that_is_no_npz(self, cli: Maju, models: Models) -> None:
        path = models.path("plain")
        message = cli("predict", models.path("logits"), path).error
        assert message == f"{path}: a zip file, but no .npz: it does not hold arrays alone"

    def test_files_of_different_shapes(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        for name, length in (("a", 3), ("b", 4)):
            np.save(tmp_path / f"{name}.npy", np.ones((2, length)))
        message = cli("predict", models.path("ids"), tmp_path / "a.npy", tmp_path / "b.npy").error
        assert "a.npy and " in message
        assert message.endswith("b.npy differ in shape: (3,) and (4,); run them one by one")

    def test_ids_that_the_table_lacks(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.array([[3, 20]]))
        assert "the table has the ids 0 to 19" in cli("predict", models.path("ids"), tmp_path / "x.npy").error

    def test_what_is_not_finite_is_said(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        x = np.ones((3, 4), np.float32)
        x[1, 2] = np.nan
        np.save(tmp_path / "x.npy", x)
        result = cli("predict", models.path("regression"), tmp_path / "x.npy", "--json")
        assert "holds values that are not finite, in 1 rows" in result.stderr
        assert [row["values"][0] is None for row in result.json] == [False, True, False]


class TestOutput:
    @pytest.fixture
    def images(self, tmp_path: Path) -> list[Path]:
        return [save_image(tmp_path / f"{i}.png", pixels(seed=i)) for i in range(2)]

    def test_the_table(self, cli: Maju, models: Models, images: list[Path]) -> None:
        result = cli("predict", models.path("plain"), *images, "--labels", "cat,dog,bird", "--top", "2")
        p = keras_output(models["plain"], np.stack([pixels(seed=0), pixels(seed=1)]) / np.float32(255))
        expected = []
        for path, row in zip(images, p, strict=True):
            first, second, _ = np.argsort(-row)
            names = ["cat", "dog", "bird"]
            expected += [
                [str(path), names[first], f"{row[first]:.4f}"],
                [names[second], f"{row[second]:.4f}"],
            ]
        head, _, *rows = result.stdout.splitlines()
        assert head.split() == ["Input", "Label", "Probability"]
        assert [row.split() for row in rows] == expected

    def test_one_class_and_its_number_by_default(self, cli: Maju, models: Models, images: list[Path]) -> None:
        (row,) = cli("predict", models.path("plain"), images[0], "--json").json
        assert [set(entry) for entry in row["top"]] == [{"class", "label", "probability"}]
        assert row["top"][0]["label"] == str(row["top"][0]["class"])

    def test_more_classes_than_there_are(self, cli: Maju, models: Models, images: list[Path]) -> None:
        (row,) = cli("predict", models.path("plain"), images[0], "--json", "--top", "99").json
        assert len(row["top"]) == 3

    def test_labels_from_a_file(self, cli: Maju, models: Models, images: list[Path], tmp_path: Path) -> None:
        (tmp_path / "names").write_text("kucing, hitam\nanjing\nburung\n\n")
        (row,) = cli(
            "predict", models.path("plain"), images[0], "--labels", tmp_path / "names", "--top", "3", "--json"
        ).json
        labels = {entry["class"]: entry["label"] for entry in row["top"]}
        assert labels == {0: "kucing, hitam", 1: "anjing", 2: "burung"}

    def test_labels_of_a_single_sigmoid(self, cli: Maju, models: Models) -> None:
        rows = cli(
            "predict", models.path("sentiment"), "-", "--labels", "no,yes", "--json", stdin="suka"
        ).json
        p = float(keras_output(models["sentiment"], np.array(["suka"]))[0, 0])
        assert rows[0]["top"][0]["label"] == ("yes" if p > 0.5 else "no")

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ("cat,dog", "--labels gives 2 names for 3 classes"),
            ("names.txt", "--labels gives 1 name for 3 classes; there is no file names.txt"),
        ],
    )
    def test_labels_that_do_not_fit(
        self, cli: Maju, models: Models, images: list[Path], labels: str, message: str
    ) -> None:
        assert (
            cli("predict", models.path("plain"), images[0], "--scale", "0..1", "--labels", labels).error
            == message
        )

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"a\n\nb\n", "line 2 is empty; it takes one name a line"),
            (b"a\n\xff\nb", "the labels are not UTF-8 (invalid start byte)"),
        ],
        ids=["empty line", "not UTF-8"],
    )
    def test_a_file_of_labels_that_is_none(
        self, cli: Maju, models: Models, images: list[Path], tmp_path: Path, data: bytes, message: str
    ) -> None:
        path = tmp_path / "names"
        path.write_bytes(data)
        found = cli("predict", models.path("plain"), images[0], "--scale", "0..1", "--labels", path).error
        assert found == f"{path}: {message}"

    @pytest.mark.parametrize("name", ["regression", "sequence"])
    @pytest.mark.parametrize("option", [["--top", "2"], ["--labels", "a,b"]], ids=lambda option: option[0])
    def test_classes_of_a_model_that_has_none(
        self, cli: Maju, models: Models, tmp_path: Path, name: str, option: list[str]
    ) -> None:
        shape = {"regression": (2, 4), "sequence": (2, 5, 2)}[name]
        np.save(tmp_path / "x.npy", np.ones(shape))
        message = cli("predict", models.path(name), tmp_path / "x.npy", *option).error
        assert "has no classes" in message
        assert message.endswith("leave --top and --labels out")

    def test_values_of_other_models(self, cli: Maju, models: Models, tmp_path: Path) -> None:
        x = np.random.default_rng(0).normal(size=(2, 5, 2)).astype(np.float32)
        np.save(tmp_path / "x.npy", x)
        expected = keras_output(models["sequence"], x)
        rows = cli("predict", models.path("sequence"), tmp_path / "x.npy", "--json").json
        assert [row["shape"] for row in rows] == [[5, 3], [5, 3]]
        np.testing.assert_allclose([row["values"] for row in rows], expected, rtol=0, atol=1e-5)
        result = cli("predict", models.path("sequence"), tmp_path / "x.npy")
        line = result.stdout.splitlines()[2]
        shown = [float(value) for value in line.split("(5, 3)")[1].removesuffix(", ...").split(",")]
        np.testing.assert_allclose(shown, expected[0].ravel()[:10], rtol=1e-4, atol=1e-5)
        assert result.stderr == "note: the first 10 values of each row; --json gives all\n"

    def test_logits_are_values_unless_classes_are_asked_for(
        self, cli: Maju, models: Models, tmp_path: Path
    ) -> None:
        x = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
        np.save(tmp_path / "x.npy", x)
        expected = keras_output(models["logits"], x)
        rows = cli("predict", models.path("logits"), tmp_path / "x.npy", "--json").json
        np.testing.assert_allclose([row["values"] for row in rows], expected, rtol=0, atol=1e-5)
        rows = cli("predict", models.path("logits"), tmp_path / "x.npy", "--json", "--top", "1").json
        assert [row["top"][0]["class"] for row in rows] == expected.argmax(axis=1).tolist()
        assert set(rows[0]["top"][0]) == {"class", "label", "score"}
        assert "Score" in cli("predict", models.path("logits"), tmp_path / "x.npy", "--top", "1").stdout

    def test_weights_with_their_architecture(self, cli: Maju, models: Models, images: list[Path]) -> None:
        weights, layers = models.folder / "plain.weights.h5", models.folder / "plain.json"
        rows = cli("predict", weights, *images, "--architecture", layers, "--json").json
        assert rows == cli("predict", models.path("plain"), *images, "--json").json

    def test_an_image_given_as_a_stream_of_another_name(
        self, cli: Maju, models: Models, tmp_path: Path
    ) -> None:
        """The first bytes tell what a file is."""
        buffer = io.BytesIO()
        np.save(buffer, np.ones((2, 4)))
        (tmp_path / "x.png").write_bytes(buffer.getvalue())
        assert len(cli("predict", models.path("logits"), tmp_path / "x.png", "--json").json) == 2
