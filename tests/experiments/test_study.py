from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from maju.errors import ExperimentError
from maju.experiments.architectures import ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DataChoice
from maju.experiments.experiment import Program, Training
from maju.experiments.grid import read_studies, trainings, write_studies
from maju.experiments.study import GRID, Row, Study, load_study, shipped_studies

# The study as it was published: its rows, what each set, and the macro-F1 that it reached with Keras.

SIX = ((32, 32), (64, 64), (128, 128))
CNN: dict[str, dict[str, tuple[float, dict[str, Any]]]] = {
    "cnn-layers": {
        "2-layers": (0.7253, {"blocks": ((32,), (64,))}),
        "4-layers": (0.7196, {"blocks": ((32, 32), (64, 64))}),
        "6-layers": (0.7673, {"blocks": SIX}),
    },
    "cnn-filters": {
        "16-32-64": (0.7217, {"blocks": ((16, 16), (32, 32), (64, 64))}),
        "32-64-128": (0.7580, {"blocks": SIX}),
        "64-128-256": (0.7756, {"blocks": ((64, 64), (128, 128), (256, 256))}),
    },
    "cnn-kernel": {
        "3x3": (0.7579, {"blocks": SIX, "kernel_size": 3}),
        "5x5": (0.7355, {"blocks": SIX, "kernel_size": 5}),
        "7x7": (0.6532, {"blocks": SIX, "kernel_size": 7}),
    },
    "cnn-pooling": {
        "max": (0.7559, {"blocks": SIX, "pooling": "max"}),
        "average": (0.7537, {"blocks": SIX, "pooling": "average"}),
    },
}
TEXT: dict[str, dict[str, tuple[float | None, float | str | None, dict[str, Any]]]] = {
    "rnn-layers": {
        "1-layer": (0.4326, None, {"units": (64,)}),
        "2-layers": (0.36, None, {"units": (64, 64)}),
        "3-layers": (0.1827, None, {"units": (64, 64, 64)}),
    },
    "rnn-units": {
        "32-units": (0.3601, None, {"units": (32, 32)}),
        "64-units": (0.3409, None, {"units": (64, 64)}),
        "128-units": (0.2931, None, {"units": (128, 128)}),
    },
    "rnn-direction": {
        "uni": (0.1892, None, {"units": (64, 64)}),
        "bi": (0.4981, 0.1844, {"units": (64, 64), "bidirectional": True}),
    },
    "lstm-layers": {
        "1-layer": (0.1844, None, {"units": (64,)}),
        "2-layers": (0.1827, None, {"units": (64, 64)}),
        "3-layers": (0.1827, 0.1765, {"units": (64, 64, 64)}),
    },
    "lstm-units": {
        "32-units": (0.1827, None, {"units": (32, 32)}),
        "64-units": (0.1844, None, {"units": (64, 64)}),
        "128-units": (0.1827, None, {"units": (128, 128)}),
    },
    "lstm-direction": {
        "uni": (None, None, {"units": (64, 64)}),
        "bi": (0.6326, "failed", {"units": (64, 64), "bidirectional": True}),
    },
}


def grid() -> list[Study]:
    return [load_study(name) for name in GRID]


def rows_of(name: str) -> dict[str, Row]:
    return {row.name: row for row in load_study(name).rows}


@pytest.mark.parametrize("name", CNN)
def test_the_convolutional_rows_are_the_studys(name: str) -> None:
    rows = rows_of(name)
    assert list(rows) == list(CNN[name])
    for row, (reference, settings) in CNN[name].items():
        assert rows[row].reference == reference
        assert rows[row].data == DataChoice(name="cifar10")
        assert rows[row].training == Training(epochs=15, batch_size=128)
        assert rows[row].model == ConvolutionalNetwork(**settings, dense=(128,))
        assert rows[row].seeds == (0,)


@pytest.mark.parametrize("name", TEXT)
def test_the_text_rows_are_the_studys_and_then_masked(name: str) -> None:
    rows = rows_of(name)
    assert list(rows) == [*TEXT[name], *(f"{row}-masked" for row in TEXT[name])]
    cell, epochs = ("SimpleRNN", 10) if name.startswith("rnn") else ("LSTM", 15)
    for row, (reference, from_scratch, settings) in TEXT[name].items():
        plain, masked = rows[row], rows[f"{row}-masked"]
        assert (plain.reference, plain.reference_from_scratch) == (reference, from_scratch)
        assert (masked.reference, masked.reference_from_scratch) == (None, None)
        assert plain.model == RecurrentNetwork(
            cell=cell,  # type: ignore[arg-type]
            **settings,
            mask_zero=False,
            max_tokens=10_000,
            output_sequence_length=100,
            embedding_dim=128,
            dropout=0.3,
            dense=(32,),
            dense_dropout=0.5,
        )
        assert masked.model == plain.model.model_copy(update={"mask_zero": True})
        assert plain.data == masked.data == DataChoice(name="nusax")
        assert plain.training == masked.training == Training(epochs=epochs, batch_size=32)


def test_adam_and_the_loss_are_as_the_study_had_them() -> None:
    for row in (row for study in grid() for row in study.rows):
        assert row.training == Training(epochs=row.training.epochs, batch_size=row.training.batch_size)
    plain = Training(epochs=1)
    assert (plain.learning_rate, plain.schedule, plain.weight_decay) == (0.001, "constant", 0.0)
    assert (plain.global_clipnorm, plain.label_smoothing, plain.augmentation) == (None, 0.0, ())


def test_the_grid_has_27_rows_and_the_text_rows_twice() -> None:
    assert list(GRID) == [*CNN, *TEXT]
    every = [row.name for study in grid() for row in study.rows]
    assert len([name for name in every if not name.endswith("-masked")]) == 27
    assert len(every) == 43


def test_equal_rows_are_one_training() -> None:
    names = [experiment.name for study in grid() for row in study.rows for experiment in row.experiments()]
    assert len(names) == 43
    assert len(set(names)) == 32
    once = trainings(grid())
    assert [experiment.name for experiment in once] == list(dict.fromkeys(names))
    # Each is called by the first row that needs it.
    assert once[2].title == "CNN A: convolution layers, 6 layers"
    same = {"cnn-layers": "6-layers", "cnn-filters": "32-64-128", "cnn-kernel": "3x3", "cnn-pooling": "max"}
    six = {rows_of(study)[row].experiments()[0].name for study, row in same.items()}
    assert six == {once[2].name}


@pytest.mark.parametrize("name", shipped_studies())
def test_what_is_shipped_loads_and_has_both_languages(name: str) -> None:
    study = load_study(name)
    assert study.name == name
    assert study.question
    assert study.title_id
    assert study.question_id
    assert all(row.label_id for row in study.rows)
    assert load_study(shipped_studies()[name]) == study


def test_the_grid_comes_first_among_what_is_shipped() -> None:
    assert tuple(shipped_studies())[: len(GRID)] == GRID


# A file of one's own

HEAD = """
title = "Sentences"
[data]
name = "sentences"
[model]
kind = "recurrent"
cell = "LSTM"
units = [4]
[training]
epochs = 2
"""
ROW = """
[[rows]]
name = "a"
label = "A"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own.toml"


def test_a_row_goes_over_what_the_rows_share(path: Path) -> None:
    path.write_text(
        HEAD
        + ROW
        + """
[[rows]]
name = "b"
label = "B"
label_id = "Be"
seeds = [3, 1]
target = 0.5
training.epochs = 7
training.learning_rate = 1
[rows.model]
cell = "GRU"
dense = []
"""
    )
    first, second = load_study(path).rows
    assert first.model == RecurrentNetwork(cell="LSTM", units=(4,))
    assert first.training == Training(epochs=2)
    assert second.model == RecurrentNetwork(cell="GRU", units=(4,), dense=())
    assert second.training == Training(epochs=7, learning_rate=1.0)
    assert (second.label_id, second.seeds, second.target) == ("Be", (3, 1), 0.5)
    assert [experiment.training.seed for experiment in second.experiments()] == [3, 1]
    assert len({experiment.name for experiment in second.experiments()}) == 2
    titles = [experiment.title for experiment in trainings([load_study(str(path))])]
    assert titles == ["Sentences, A", "Sentences, B, seed 3", "Sentences, B, seed 1"]


def test_a_study_is_called_like_its_file(path: Path) -> None:
    path.write_text(HEAD + ROW)
    assert load_study(path).name == "own"


def test_a_file_of_an_editor_on_windows_loads(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + ROW).replace("\n", "\r\n").encode())
    assert load_study(path).rows[0].label == "A"


def test_the_home_folder_may_be_written_short(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(HEAD + ROW)
    monkeypatch.setenv("HOME", str(path.parent))
    assert load_study("~/own.toml").name == "own"


ROW_KEYS = "name, label, label_id, data, model, training, seeds, reference, reference_from_scratch, target"
TRAINING_KEYS = ", ".join(Training.model_fields)
MODEL_KEYS = ", ".join(RecurrentNetwork.model_fields)

BROKEN: dict[str, tuple[str | bytes, str]] = {
    # Keys
    "a key that there is not": (
        HEAD + ROW + "labell = 3",
        f": row 'a' labell: there is no such key; there are {ROW_KEYS}",
    ),
    "a key that there is not, at the top": (
        "titel = 3" + HEAD + ROW,
        ": titel: there is no such key; there are name, title, title_id, question, question_id, rows, "
        "train_with, data, model, training",
    ),
    "a key that there is not, in a table that is shared": (
        HEAD + "epoch = 3" + ROW + ROW.replace('"a"', '"b"'),
        f": training.epoch: there is no such key; there are {TRAINING_KEYS}",
    ),
    "a key that there is not, in a row's table": (
        HEAD + ROW + "model.masked = true",
        f": row 'a' model.masked: there is no such key; there are {MODEL_KEYS}",
    ),
    "a key called like a kind": (
        HEAD + ROW + "model.recurrent = 1",
        f": row 'a' model.recurrent: there is no such key; there are {MODEL_KEYS}",
    ),
    "a key of the other kind": (
        HEAD + ROW + "model.kernel_size = 3",
        f": row 'a' model.kernel_size: there is no such key; there are {MODEL_KEYS}",
    ),
    "no title": (HEAD.replace("title", "question") + ROW, ": title: is missing"),
    "no label": (HEAD + ROW.replace('label = "A"', ""), ": row 'a' label: is missing"),
    "no name": (HEAD + ROW + ROW.replace('name = "a"', ""), ": row 2 name: is missing"),
    "no epochs": (HEAD.replace("epochs = 2", "") + ROW, ": training.epochs: is missing"),
    "no data": (HEAD.replace('name = "sentences"', "") + ROW, ": data.name: is missing"),
    "no kind": (
        HEAD.replace('kind = "recurrent"', "") + ROW,
        ": model: kind is missing: 'convolutional' or 'recurrent'",
    ),
    "no rows": (HEAD, ": rows: is missing"),
    # Types
    "a string for a whole number": (
        HEAD + ROW + 'training.epochs = "3"',
        ": row 'a' training.epochs: must be a valid integer, not '3'",
    ),
    "a truth for a whole number": (
        HEAD + ROW + "training.epochs = true",
        ": row 'a' training.epochs: must be a valid integer, not true",
    ),
    "half a number for a whole one": (
        HEAD + ROW + "training.epochs = 2.5",
        ": row 'a' training.epochs: must be a valid integer, not 2.5",
    ),
    "a float for a whole number": (
        HEAD + ROW + "training.epochs = 2.0",
        ": row 'a' training.epochs: must be a valid integer, not 2.0",
    ),
    "a table for a whole number": (
        HEAD + ROW + "training.epochs.first = 2",
        ": row 'a' training.epochs: must be a valid integer, not a table",
    ),
    "a truth for a number": (
        HEAD + ROW + "training.learning_rate = false",
        ": row 'a' training.learning_rate: must be a valid number, not false",
    ),
    "a number for a truth": (
        HEAD + ROW + "model.mask_zero = 1",
        ": row 'a' model.mask_zero: must be a valid boolean, not 1",
    ),
    "a number for a string": ("title = 3" + HEAD[20:] + ROW, ": title: must be a valid string, not 3"),
    "a number for a list": (
        HEAD + ROW + "model.units = 3",
        ": row 'a' model.units: must be a list, not 3",
    ),
    "a string for a list": (
        HEAD + ROW + 'model.units = "64"',
        ": row 'a' model.units: must be a list, not '64'",
    ),
    "a list of strings": (
        HEAD + ROW + 'model.units = [4, "b"]',
        ": row 'a' model.units.1: must be a valid integer, not 'b'",
    ),
    "a list of lists": (
        HEAD + ROW + "model.units = [[4]]",
        ": row 'a' model.units.0: must be a valid integer, not [4]",
    ),
    "a list of nothing": (HEAD + ROW + "model.units = []", ": row 'a' model.units: must not be empty"),
    "a truth for a score": (
        HEAD + ROW + "reference = true",
        ": row 'a' reference: must be a valid number, not true",
    ),
    # Values
    "no epoch": (
        HEAD.replace("epochs = 2", "epochs = 0") + ROW + ROW.replace('"a"', '"b"'),
        ": training.epochs: must be greater than or equal to 1, not 0",
    ),
    "no epoch in one row": (
        HEAD + ROW + ROW.replace('"a"', '"b"') + "training.epochs = 0",
        ": row 'b' training.epochs: must be greater than or equal to 1, not 0",
    ),
    "a rate of all": (
        HEAD + ROW + "model.dropout = 1.0",
        ": row 'a' model.dropout: must be less than 1, not 1.0",
    ),
    "a rate that is no number": (
        HEAD + ROW + "model.dropout = nan",
        ": row 'a' model.dropout: must be less than 1, not nan",
    ),
    "learning without end": (
        HEAD + ROW + "training.learning_rate = inf",
        ": row 'a' training.learning_rate: must be a finite number, not inf",
    ),
    "a score of more than 1": (
        HEAD + ROW + "reference = 75.6",
        ": row 'a' reference: must be less than or equal to 1, not 75.6",
    ),
    "neither a score nor a word": (
        HEAD + ROW + "reference_from_scratch = 7",
        ": row 'a' reference_from_scratch: must be less than or equal to 1, not 7; "
        "row 'a' reference_from_scratch: must be a valid string, not 7",
    ),
    "an unknown kind": (
        HEAD.replace("recurrent", "transformer") + ROW,
        ": model: kind must be 'convolutional' or 'recurrent', not 'transformer'",
    ),
    "an unknown cell": (
        HEAD.replace("LSTM", "ESN") + ROW,
        ": model.cell: must be 'SimpleRNN', 'LSTM' or 'GRU', not 'ESN'",
    ),
    "an unknown augmentation": (
        HEAD + ROW + 'training.augmentation = ["flop"]',
        ": row 'a' training.augmentation.0: must be 'flip', 'shift' or 'cutout', not 'flop'",
    ),
    "a name that makes no file name": (
        HEAD + ROW.replace('"a"', '"../a"'),
        ": row '../a' name: must match ^[a-z0-9][a-z0-9-]*$, not '../a'",
    ),
    "a seed twice": (HEAD + ROW + "seeds = [1, 1]", ": row 'a': seeds: each seed once"),
    "a seed below zero": (
        HEAD + ROW + "seeds = [0, -1]",
        ": row 'a' seeds.1: must be greater than or equal to 0, not -1",
    ),
    "a seed of the training": (
        HEAD + ROW + "training.seed = 1",
        ": row 'a': training.seed: seeds are the row's own key, `seeds`",
    ),
    # What does not fit together
    "texts for a convolutional network": (
        HEAD.replace('"recurrent"\ncell = "LSTM"\nunits = [4]', '"convolutional"\nblocks = [[4]]') + ROW,
        ": row 'a': a convolutional network cannot learn from sentences",
    ),
    "augmented texts": (
        HEAD + ROW + 'training.augmentation = ["flip"]',
        ": row 'a': augmentation is for images; token_dropout is for texts",
    ),
    "warm-up without cosine": (
        HEAD + ROW + "training.warmup_epochs = 1",
        ": row 'a' training: warmup_epochs needs schedule = \"cosine\"",
    ),
    "warm-up without cosine for all": (
        HEAD + "warmup_epochs = 1" + ROW + ROW.replace('"a"', '"b"'),
        ': training: warmup_epochs needs schedule = "cosine"',
    ),
    "nothing but warm-up": (
        HEAD + ROW + 'training.warmup_epochs = 2\ntraining.schedule = "cosine"',
        ": row 'a' training: warmup_epochs must be below the 2 epochs",
    ),
    # Tables
    "two rows of one name": (HEAD + ROW + ROW, ": rows: each row needs a name of its own: a"),
    "an empty list of rows": ("rows = []" + HEAD, ": rows: must not be empty"),
    "rows that are no list": ("rows = 3" + HEAD, ": rows: must be a list, not 3"),
    "one table for the rows": (
        HEAD + ROW.replace("[[rows]]", "[rows]"),
        ": rows: must be a list, not a table",
    ),
    "a row that is no table": ("rows = [5]" + HEAD, ": row 1: must be a table, not 5"),
    "a model that is no table": (
        "model = 3" + HEAD.replace("[model]", "[data.model]") + ROW,
        ": model must be a table, [model], not 3",
    ),
    "a list of tables for the model": (
        HEAD.replace("[model]", "[[model]]") + ROW,
        ": model must be a table, [model], not [{'kind': 'recurrent', 'cell': 'LSTM', 'units': [4]}]",
    ),
    "a row's model that is no table": (
        HEAD + ROW + "model = 3",
        ": row 'a' model: must be a table, not 3",
    ),
    "a row's model that is nothing": (
        HEAD + ROW + "model = false",
        ": row 'a' model: must be a table, not false",
    ),
    "a row's data that are an empty list": (
        HEAD + ROW + "data = []",
        ": row 'a' data: must be a table, not []",
    ),
    "several mistakes": (
        HEAD.replace("[4]", "[0]") + ROW.replace("label", "labels"),
        f": row 'a' label: is missing; model.units.0: must be greater than or equal to 1, not 0; "
        f"row 'a' labels: there is no such key; there are {ROW_KEYS}",
    ),
    # Files
    "not TOML": ("title = = 3", " is not valid TOML: Invalid value (at line 1, column 9)"),
    "not UTF-8": ('title = "\xff"'.encode("latin-1"), " is not text in UTF-8"),
    "a NUL byte": (
        'title = "a\0"',
        " is not valid TOML: Illegal character '\\x00' (at line 1, column 11)",
    ),
    "nothing but NUL bytes": (
        b"\0" * 100,
        " is not valid TOML: Invalid statement (at line 1, column 1)",
    ),
    "lists without end": ("x = " + "[" * 100_000, " is not valid TOML: maximum recursion depth exceeded"),
    "ten megabytes": (b"# comment\n" * 1_000_000, " has more than 200,000 bytes: it is no study"),
    "empty": ("", ": title: is missing; rows: is missing"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_line_that_names_the_key(case: str, path: Path) -> None:
    content, message = BROKEN[case]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    text = str(caught.value)
    assert text == f"{path}{message}"
    assert "\n" not in text


def test_an_unknown_data_set_is_named_with_those_that_there_are(path: Path) -> None:
    path.write_text(HEAD.replace('"sentences"', '"mnist"') + ROW)
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    message, known = str(caught.value).split("; there are ")
    assert message == f"{path}: data.name: there is no data set 'mnist'"
    assert {"cifar10", "nusax", "digits", "sentences"} <= set(known.split(", "))


def test_a_number_beyond_any_use_is_one_line(path: Path) -> None:
    path.write_text("x = " + "1" * 9_000)
    with pytest.raises(ExperimentError, match=r"own\.toml is not valid TOML: Exceeds the limit") as caught:
        load_study(path)
    assert "\n" not in str(caught.value)


def test_of_very_many_mistakes_a_few_are_named(path: Path) -> None:
    path.write_text(HEAD + ROW + "\n".join(f"key{i} = {i}" for i in range(5_000)))
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    text = str(caught.value)
    assert [f"key{i}:" in text for i in range(7)] == [True] * 5 + [False] * 2
    assert text.endswith("; and 4995 more")


def test_a_value_without_end_is_cut(path: Path) -> None:
    path.write_text(HEAD + ROW.replace('"a"', f'"{"B" * 100_000}"') + f'model.cell = "{"C" * 10_000}"')
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    assert len(str(caught.value)) < 500


# Where there is no file


def test_there_is_no_such_file(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    assert str(caught.value) == f"{path} cannot be read: No such file or directory"


def test_a_folder_is_no_study(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    assert str(caught.value) == f"{path} cannot be read: Is a directory"


@pytest.mark.parametrize("path", ["a\0.toml", "~nobody-of-that-name/a.toml"])
def test_a_path_that_cannot_be_is_one_line(path: str) -> None:
    with pytest.raises(ExperimentError, match=r"\.toml cannot be read: "):
        load_study(path)


@pytest.mark.parametrize("name", ["cnn-layer", "", ".", "studies/cnn-layers", "cnn-layers.json"])
def test_an_unknown_study_is_named_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        load_study(name)
    shipped = ", ".join(shipped_studies())
    assert str(caught.value) == f"there is no study {name!r}; there are {shipped}, or any file.toml"


def test_a_file_whose_name_names_no_study(tmp_path: Path) -> None:
    path = tmp_path / "my study.toml"
    path.write_text(HEAD + ROW)
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    assert str(caught.value) == rf"{path}: the file's name must match ^\w[\w-]*$, not 'my study'"


# Quick


def test_quick_has_every_row_with_little_to_do() -> None:
    for study in grid():
        quick = study.quick()
        assert [row.name for row in quick.rows] == [row.name for row in study.rows]
        for row, whole in zip(quick.rows, study.rows, strict=True):
            assert row.training.epochs == 2
            assert row.model == whole.model
            assert (row.reference, row.label) == (whole.reference, whole.label)
            assert (row.data.train_rows is None) is (whole.data.name == "nusax")
            assert row.experiments()[0].name != whole.experiments()[0].name
    assert len(trainings([study.quick() for study in grid()])) == 32


def test_quick_makes_nothing_larger(path: Path) -> None:
    path.write_text(
        """
title = "Digits"
[data]
name = "digits"
train_rows = 50
test_rows = 2_000
[model]
kind = "convolutional"
blocks = [[4]]
[training]
epochs = 1
[[rows]]
name = "a"
label = "A"
[[rows]]
name = "b"
label = "B"
seeds = [4, 5]
training.epochs = 9
training.schedule = "cosine"
training.warmup_epochs = 3
"""
    )
    first, second = load_study(path).quick().rows
    assert first.data == DataChoice(name="digits", train_rows=50, validation_rows=320, test_rows=1_000)
    assert first.training.epochs == 1
    assert second.seeds == (4,)
    assert (second.training.epochs, second.training.warmup_epochs) == (2, 1)
    assert Study.model_validate(load_study(path).quick().model_dump()) == load_study(path).quick()


# What trains, and how often


def test_what_trains_a_row_is_told_by_its_name() -> None:
    (row, *_) = load_study("rnn-layers").rows
    (keras,), (maju,) = row.experiments(), row.experiments("maju")
    assert maju.name == f"recurrent-maju-{maju.fingerprint}"
    assert keras.name == f"recurrent-{keras.fingerprint}"
    assert maju.model_copy(update={"train_with": "keras"}).fingerprint == keras.fingerprint
    assert trainings([load_study("rnn-layers").trained_with("maju")])[0].name == maju.name


def test_more_seeds_or_fewer_and_a_rows_own_first() -> None:
    study = load_study("beyond-nusax")
    assert {row.seeds for row in study.seeded(3).rows} == {(0, 1, 2)}
    assert {row.seeds for row in study.seeded(7).rows} == {(0, 1, 2, 3, 4, 5, 6)}
    own = study.rows[0].model_copy(update={"seeds": (4, 1)})
    (row,) = study.model_copy(update={"rows": (own,)}).seeded(4).rows
    assert row.seeds == (4, 1, 0, 2)


def test_the_published_results_are_those_of_the_studies() -> None:
    published = Path(__file__).parents[2] / "results" / "runs"
    studies = [load_study(name).seeded(5) for name in shipped_studies()]
    named = {
        row.name
        for program in get_args(Program)
        for row in trainings(one.trained_with(program) for one in studies)
    }
    found = {path.name.partition(".")[0] for path in published.glob("*.result.json")}
    assert len(found) >= 40
    assert found <= named


# Kept beside the results


def test_what_is_kept_beside_the_results_is_the_study(path: Path, tmp_path: Path) -> None:
    path.write_text(HEAD + ROW + 'reference_from_scratch = "failed"\nseeds = [1, 2]\nmodel.dense = []')
    studies = [*grid(), load_study(path)]
    write_studies(reversed(studies), tmp_path / "out")
    assert read_studies(tmp_path / "out") == studies  # those of the grid in its order
    by_maju = studies[0].trained_with("maju").seeded(3)
    write_studies([by_maju], tmp_path / "out")
    assert [study for study in read_studies(tmp_path / "out") if study.train_with == "maju"] == [by_maju]
    (tmp_path / "out" / "studies" / f"{by_maju.name}.maju.json").unlink()
    write_studies([study.quick() for study in studies], tmp_path / "out")
    assert read_studies(tmp_path / "out") == [study.quick() for study in studies]
