"""Models from small files that would take much memory or time to run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import Parameter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maju
from formats.architectures import functional, input_layer, layer, operation, write_model
from formats.guarded import bounded, open_all
from maju.errors import MajuError
from maju.layers import operations


@dataclass(frozen=True)
class Attack:
    """A model, its arrays, and a pattern for what is said about it when it is loaded and given one row."""

    document: dict[str, Any]
    said: str
    arrays: Mapping[str, Any] = field(default_factory=dict)


def single(
    said: str, class_name: str, shape: list[int | None], kernel: list[int] | None = None, **config: Any
) -> Attack:
    """A model of one layer, with one array if it needs one."""
    dtype = "string" if class_name == "TextVectorization" else "float32"
    document = functional(input_layer("x", *shape, dtype=dtype), layer(class_name, "big", "x", **config))
    return Attack(document, said, {} if kernel is None else {"big/kernel": np.ones(kernel, np.float32)})


def of_operation(said: str, class_name: str, row: list[int | None], *more: Any, **config: Any) -> Attack:
    """A model of one operation on rows of a shape."""
    document = functional(input_layer("x", *row), operation(class_name, "big", "x", *more, **config))
    return Attack(document, said)


def noted(shape: list[int | None]) -> dict[str, Any]:
    """A model of two operations that notes this shape beside the tensor between them."""
    document = functional(
        input_layer("x", 3), operation("Exp", "middle", "x"), operation("Exp", "big", "middle")
    )
    history = document["config"]["layers"][-1]["inbound_nodes"][0]["args"][0]["config"]
    history["shape"] = shape
    return document


IMAGE: list[int | None] = [8, 8, 2]
ANY: list[int | None] = [None, None, 1]
#: What is said where the shape of the input is known, and where it comes with the data.
AT_ONCE = r"ModelFormatError: .+: 'big': of one row it would make ([\d,]+|over 10\*\*18) values, and all .+"
LATER = (
    r"InputError: (layer|operation) 'big' \(\w+\): it would make [\d,]+ values, and all tensors together .+"
)
NO_COUNT = (
    r"ModelFormatError: .+ has a broken config \(ValueError: {}=.+; expected whole numbers from 1 to .+"
)
TOO_FAR = r"ModelFormatError: .+ \(ValueError: windows of size .+ reach too far\)"

ATTACKS: dict[str, Attack] = {
    "upsampling": single(AT_ONCE, "UpSampling2D", IMAGE, size=[60_000, 60_000]),
    "upsampling of images of any size": single(LATER, "UpSampling2D", ANY, size=[60_000, 60_000]),
    "upsampling by more than a file can mean": single(
        NO_COUNT.format("size"), "UpSampling1D", [4, 1], size=10**12
    ),
    "copies": single(AT_ONCE, "RepeatVector", [4], n=2**40),
    "copies without end": single(AT_ONCE, "RepeatVector", [4], n=2**63),
    "padding": single(AT_ONCE, "ZeroPadding2D", IMAGE, padding=[[10**6, 10**6], [10**6, 0]]),
    "padding of images of any size": single(LATER, "ZeroPadding2D", ANY, padding=[[10**6, 0], [10**6, 0]]),
    "many categories": single(AT_ONCE, "CategoryEncoding", [4], num_tokens=2**31 - 1),
    "many bins": single(AT_ONCE, "Hashing", [4], num_bins=10**12, output_mode="one_hot"),
    "a wide vocabulary": single(
        AT_ONCE,
        "TextVectorization",
        [1],
        vocabulary=["satu"],
        output_mode="count",
        max_tokens=10**12,
        pad_to_max_tokens=True,
    ),
    "a long text": single(
        AT_ONCE, "TextVectorization", [1], vocabulary=["satu"], output_sequence_length=10**12
    ),
    "wide n-grams": single(
        r"ModelFormatError: .+ngrams=1000000000000; expected widths from 1 to 1,000\)",
        "TextVectorization",
        [1],
        vocabulary=["satu"],
        ngrams=10**12,
    ),
    "a large image": single(AT_ONCE, "Resizing", IMAGE, height=60_000, width=60_000),
    "a long image": single(NO_COUNT.format("height"), "Resizing", IMAGE, height=10**9, width=1),
    "a large middle": single(NO_COUNT.format("width"), "CenterCrop", IMAGE, height=2, width=10**9),
    "many windows": single(
        NO_COUNT.format("output_size"), "AdaptiveAveragePooling2D", IMAGE, output_size=[1, 10**9]
    ),
    "wide windows": single(
        TOO_FAR, "AveragePooling2D", IMAGE, pool_size=[10**5, 10**5], padding="same", strides=[1, 1]
    ),
    "wide gaps": single(
        TOO_FAR,
        "Conv2D",
        IMAGE,
        [3, 3, 2, 1],
        filters=1,
        kernel_size=[3, 3],
        dilation_rate=[10**9, 10**9],
        padding="same",
        use_bias=False,
    ),
    "wide gaps at every step": single(
        TOO_FAR,
        "TimeDistributed",
        [2, 8, 8, 2],
        layer={
            "class_name": "MaxPooling2D",
            "config": {"name": "in", "pool_size": [10**5, 10**5], "padding": "same"},
        },
    ),
    "wide steps back": single(
        AT_ONCE,
        "Conv2DTranspose",
        IMAGE,
        [1, 1, 1, 2],
        filters=1,
        kernel_size=[1, 1],
        strides=[60_000, 60_000],
        use_bias=False,
    ),
    "wide steps": single(
        "predicted",
        "Conv2D",
        IMAGE,
        [3, 3, 2, 1],
        filters=1,
        kernel_size=[3, 3],
        strides=[2**30, 2**30],
        padding="same",
        use_bias=False,
    ),
    "more filters than there are": single(
        r"ModelFormatError: .+: kernel has shape \(3, 3, 2, 1\), expected \(3, 3, 2, 1000000000\)",
        "Conv2D",
        IMAGE,
        [3, 3, 2, 1],
        filters=10**9,
        kernel_size=[3, 3],
        use_bias=False,
    ),
    "an input that is large itself": single(AT_ONCE, "RepeatVector", [10**6], n=2**30),
    "a tensor that doubles sixty times": Attack(
        functional(
            input_layer("x", 4),
            *(
                layer("Concatenate", f"c{index}", [f"c{index - 1}" if index else "x"] * 2, axis=-1)
                for index in range(60)
            ),
        ),
        r"ModelFormatError: .+: 'c\d+': of one row it would make [\d,]+ values, and all tensors .+",
    ),
    "a tensor that is added to itself sixty times": Attack(
        functional(
            input_layer("x", 4),
            *(layer("Add", f"c{n}", [f"c{n - 1}" if n else "x"] * 2) for n in range(60)),
        ),
        "predicted",
    ),
    "many tensors at once": Attack(
        functional(
            input_layer("x", 4),
            *(layer("RepeatVector", f"r{index}", "x", n=10**6) for index in range(100)),
            layer("Concatenate", "all", [f"r{index}" for index in range(100)], axis=1),
        ),
        r"ModelFormatError: .+: 'r\d+': of one row it would make 4,000,000 values, and all tensors .+",
    ),
    "many outputs at once": Attack(
        functional(
            input_layer("x", None),
            *(operation("Tile", f"r{index}", "x", repeats=[1, 5 * 10**5]) for index in range(100)),
            outputs=[f"r{index}" for index in range(100)],
        ),
        r"InputError: operation 'r\d+' \(Tile\): it would make 2,000,000 values, and all tensors .+",
    ),
    "tiles": of_operation(AT_ONCE, "Tile", [None], repeats=[10**5, 10**5]),
    "tiles of a known size": of_operation(AT_ONCE, "Tile", [4], repeats=[10**9, 1]),
    "repeats": of_operation(AT_ONCE, "Repeat", [None], repeats=10**10, axis=1),
    "margins": of_operation(AT_ONCE, "Pad", ANY, pad_width=[[0, 0], [10**6, 0], [10**6, 0], [0, 0]]),
    "a wide shape": of_operation(AT_ONCE, "BroadcastTo", [1], shape=[10**6, 10**6]),
    "numbers of a wide shape": of_operation(AT_ONCE, "Full", [], shape=[10**6, 10**6]),
    "classes": of_operation(AT_ONCE, "OneHot", [None], num_classes=10**10, dtype="float32"),
    "several classes": of_operation(AT_ONCE, "MultiHot", [None], num_classes=10**10),
    "powers": of_operation(AT_ONCE, "Vander", [], N=10**10),
    "segments": of_operation(
        AT_ONCE,
        "SegmentSum",
        [4],
        {"class_name": "__numpy__", "config": {"value": [0], "dtype": "int32"}},
        num_segments=10**10,
    ),
    "an image made large": of_operation(
        AT_ONCE, "Resize", [None, None, 1], size=[60_000, 60_000], data_format="channels_last"
    ),
    "every value with every one": Attack(
        functional(
            input_layer("x", 4),
            operation("Tile", "long", "x", repeats=[1, 10**6]),
            operation("Outer", "big", "long", "long"),
        ),
        LATER,
    ),
    "a product of letters": Attack(
        functional(
            input_layer("x", None),
            operation("Tile", "long", "x", repeats=[1, 5000]),
            operation("Einsum", "big", "long", "long", subscripts="ab,cd->abcd"),
        ),
        LATER,
    ),
    "as many groups as channels": Attack(
        functional(input_layer("x", 4), layer("GroupNormalization", "g", "x", groups=-1)),
        "predicted",
        {"g/gamma": np.ones(4, np.float32), "g/beta": np.ones(4, np.float32)},
    ),
    "a shape that is noted, and that no array can have": Attack(
        noted([None, 10**30]),
        r"ModelFormatError: .+: operation 'big' .+ is given shape \(None, 10{30}\), which no array can have",
    ),
    "numbers that are text": single(
        r"ModelFormatError: .+ \(ValueError: epsilon='1e-3'; expected a number\)",
        "BatchNormalization",
        [4],
        epsilon="1e-3",
        center=False,
        scale=False,
    ),
    "numbers that are found out late": single(
        r"InputError: layer 'big' \(Rescaling\) cannot be computed on shape \(1, 4\) \(ValueError: .+\)",
        "Rescaling",
        [4],
        scale="two",
    ),
}


def calling(times: int, inner: dict[str, Any] | None) -> dict[str, Any]:
    """A model that calls another several times, one after the other."""
    if inner is None:
        return functional(input_layer("x", 4), layer("ReLU", "end", "x"))
    nested = {**inner, "name": "inner", "inbound_nodes": []}
    for call in range(times):
        source = [["x", 0, 0]] if call == 0 else [["inner", call - 1, 0]]
        history = {"shape": None, "dtype": "float32", "keras_history": source[0]}
        argument = {"class_name": "__keras_tensor__", "config": history}
        nested["inbound_nodes"].append({"args": [argument], "kwargs": {}})
    document = functional(input_layer("x", 4), nested, name="inner")
    document["config"]["output_layers"] = [["inner", times, 0]]
    return document


def within(levels: int, times: int) -> dict[str, Any]:
    document = calling(times, None)
    for _ in range(levels):
        document = calling(times, document)
    return document


ATTACKS["models that call one another two to the thirtieth times"] = Attack(
    within(30, 2), r"ModelFormatError: .+: layers are called more than 50,000 times"
)
ATTACKS["models that call one another a thousand times"] = Attack(within(9, 2), "predicted")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was said of every attack."""
    folder = tmp_path_factory.mktemp("sizes")
    paths = [
        write_model(folder / f"{index}.safetensors", attack.document, attack.arrays)
        for index, attack in enumerate(ATTACKS.values())
    ]
    assert max(path.stat().st_size for path in paths) < 100_000
    return dict(zip(ATTACKS, open_all(paths, run=True), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_a_small_file_takes_little_memory_and_time(name: str, outcomes: dict[str, str]) -> None:
    assert re.fullmatch(ATTACKS[name].said, outcomes[name]), outcomes[name]
    assert len(outcomes[name]) < 600


def test_the_bound_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model(tmp_path / "large.safetensors", single("", "RepeatVector", [4], n=10**6).document)
    assert maju.load(path).predict(np.ones((1, 4))).shape == (1, 10**6, 4)
    monkeypatch.setenv("MAJU_MAX_VALUES", "1000000")
    with pytest.raises(maju.ModelFormatError, match=r"'big': of one row it would make 4,000,000 values"):
        maju.load(path)


def test_large_inputs_and_weights_allow_large_tensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAJU_MAX_VALUES", "1000")
    document = single("", "RepeatVector", [None], n=500).document
    model = maju.load(write_model(tmp_path / "model.safetensors", document))
    assert model.predict(np.ones((2, 7))).shape == (2, 500, 7)


@pytest.mark.slow
@pytest.mark.parametrize("number", [10**7, [10**5, 10**5], 10**300], ids=["large", "several", "absurd"])
def test_no_number_makes_an_operation_take_much_memory(number: Any, tmp_path: Path) -> None:
    """Each hyper-parameter of each operation in turn; those that are no numbers are refused."""
    path = tmp_path / "model.safetensors"
    ran, refusals = 0, []
    for name, function in operations.known().items():
        needed = [p for p in function.call.parameters.values() if p.default is p.empty]
        others = {
            key: "ij->ij" if key == "subscripts" else [1, 4] if key == "shape" else 2
            for key, default in function.hyper_parameters.items()
            if default is Parameter.empty
        }
        for key in function.hyper_parameters:
            entry = operation(name, "big", *["x"] * len(needed), **{**others, key: number})
            entry["module"] = f"keras.src.ops.{function.module}"
            write_model(path, functional(input_layer("x", 4, 4), entry))
            try:
                with bounded(), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    maju.load(path).predict(np.ones((1, 4, 4), np.float32))
                ran += 1
            except MajuError as error:
                refusals.append(str(error))
    assert ran > 20
    assert [refusal for refusal in refusals if "allocate" in refusal or len(refusal) > 800] == []
