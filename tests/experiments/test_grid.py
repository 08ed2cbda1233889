from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest
from filelock import FileLock

import maju
from experiments.processes import ends
from experiments.rows import scored
from maju.errors import MajuError
from maju.experiments import grid
from maju.experiments.child import OnEvent
from maju.experiments.experiment import Experiment, Program
from maju.experiments.files import RowFiles
from maju.experiments.grid import (
    BusyError,
    read_result,
    read_studies,
    run_once,
    run_trainings,
    runs_folder,
    trainings,
    write_studies,
)
from maju.experiments.results import Result, Scores
from maju.experiments.study import load_study

EPOCHS = 5
# All that a training which goes on must find again: moments, statistics, the schedule, what is dropped.
IMAGES = """
title = "Images"
[data]
name = "digits"
train_rows = 640
validation_rows = 64
[model]
kind = "convolutional"
blocks = [[4, 4]]
dense = [8]
[training]
epochs = 5

[[rows]]
name = "all"
label = "all"
model.batch_normalization = true
model.block_dropout = 0.3
training.learning_rate = 0.01
training.schedule = "cosine"
training.warmup_epochs = 1
training.weight_decay = 0.01
training.global_clipnorm = 1.0
training.label_smoothing = 0.1
training.augmentation = ["flip", "shift", "cutout"]

# Five pools leave nothing of 8x8 pixels.
[[rows]]
name = "five-pools"
label = "five pools"
model.blocks = [[3], [3], [3], [3], [3]]
"""
TEXTS = """
title = "Texts"
[data]
name = "sentences"
[model]
kind = "recurrent"
cell = "LSTM"
units = [5]
bidirectional = true
max_tokens = 300
output_sequence_length = 20
embedding_dim = 6
dense = [8]
[training]
epochs = 5
batch_size = 8

[[rows]]
name = "dropout"
label = "dropout"
training.token_dropout = 0.2

[[rows]]
name = "the-same"
label = "the same"
training.token_dropout = 0.2
"""
PROGRAM = """
import json, sys
from pathlib import Path
from maju.experiments.grid import run_trainings, trainings
from maju.experiments.study import load_study

out, program, *paths = sys.argv[1:]

class Told:
    def row(self, experiment):
        return lambda event: print(json.dumps({"name": experiment.name, **event}), flush=True)

    def finish(self, result):
        event = {"name": result.experiment.name, "event": "finished", "error": result.error}
        print(json.dumps(event), flush=True)

studies = [load_study(path).trained_with(program) for path in paths]
run_trainings(trainings(studies), Path(out), progress=Told())
"""


@dataclass
class Told:
    """What a run of the grid told of each training."""

    events: list[dict[str, Any]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def row(self, experiment: Experiment) -> OnEvent:
        return lambda event: self.events.append({"name": experiment.name, **event})

    def finish(self, result: Result) -> None:
        self.ended.append(result.experiment.name)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("studies") / "images.toml"
    path.write_text(IMAGES)
    return path


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("studies") / "texts.toml"
    path.write_text(TEXTS)
    return path


@pytest.fixture(scope="module", params=["keras", "maju"])
def program(request: pytest.FixtureRequest) -> Program:
    """What trains."""
    found: Program = request.param
    return found


@pytest.fixture(scope="module")
def rows(images: Path, texts: Path) -> list[Experiment]:
    """The trainings, in the order in which they are run: texts, images, and the one that fails."""
    return trainings([load_study(texts), load_study(images)])


@pytest.fixture(scope="module")
def either(images: Path, texts: Path, program: Program) -> list[Experiment]:
    """The same, by what trains them."""
    return trainings([load_study(path).trained_with(program) for path in (texts, images)])


def history_of(files: RowFiles) -> dict[str, list[float]]:
    """The history without its seconds."""
    return {name: values for name, values in files.read_history().items() if name != "seconds"}


def weights_of(files: RowFiles) -> dict[str, bytes]:
    return {path: weight.tobytes() for path, weight in maju.load(files.model).weights.items()}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix not in (".log", ".lock")}


def all_that_a_training_leaves(row: Experiment) -> set[str]:
    kinds = ["keras", "history.json", "result.json", "png"]
    if row.train_with == "keras":
        kinds.append("keras-probabilities.npy")
    return {f"{row.name}.{kind}" for kind in kinds}


# Once, without a break


@dataclass(frozen=True)
class Whole:
    out: Path
    told: Told
    results: dict[str, Result]


@pytest.fixture(scope="module")
def whole(either: list[Experiment], tmp_path_factory: pytest.TempPathFactory) -> Whole:
    out, told = tmp_path_factory.mktemp("whole"), Told()
    return Whole(out, told, run_trainings(either, out, progress=told))


@pytest.mark.slow
def test_every_training_ends_and_equal_rows_are_one(whole: Whole, either: list[Experiment]) -> None:
    text, image, impossible = either
    assert [text.title, image.title] == ["Texts, dropout", "Images, all"]
    assert list(whole.results) == whole.told.ended == [text.name, image.name, impossible.name]
    started = Counter(event["name"] for event in whole.told.events if event["event"] == "started")
    assert started == {text.name: 1, image.name: 1, impossible.name: 1}
    for experiment in (text, image):
        result = whole.results[experiment.name]
        assert result.sound
        assert result.scores is not None
        assert isinstance(result.scores, Scores) is (experiment.train_with == "keras")
        if isinstance(result.scores, Scores):
            assert result.scores.agree == result.scores.rows
        assert ("tensorflow" in result.versions) is (experiment.train_with == "keras")
        assert {"maju", "numpy"} <= set(result.versions)
        assert read_result(whole.out, experiment) == result


@pytest.mark.slow
def test_a_row_that_fails_has_its_error_and_no_scores(whole: Whole, either: list[Experiment]) -> None:
    *_, impossible = either
    result = whole.results[impossible.name]
    assert result.scores is None
    refused = {"keras": r"ValueError: .*zero or negative", "maju": r"layer 'max_pooling2d_3' .*too small"}
    assert re.match(refused[impossible.train_with], result.error or "")
    assert read_result(whole.out, impossible) == result
    assert "Traceback" in RowFiles(runs_folder(whole.out), impossible.name).log.read_text()


@pytest.mark.slow
def test_nothing_but_results_is_left(whole: Whole, either: list[Experiment]) -> None:
    text, image, impossible = either
    assert names_in(runs_folder(whole.out)) == {
        *all_that_a_training_leaves(text),
        *all_that_a_training_leaves(image),
        f"{impossible.name}.result.json",
    }


@pytest.mark.slow
def test_what_is_finished_is_not_trained_again(whole: Whole, either: list[Experiment]) -> None:
    done, folder = either[:2], runs_folder(whole.out)

    def marks() -> dict[str, tuple[int, int]]:
        paths = [path for row in done for path in folder.glob(f"{row.name}*") if path.suffix != ".lock"]
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}

    before, told = marks(), Told()
    again = run_trainings(done, whole.out, progress=told)
    assert told.events == []
    assert again == {row.name: whole.results[row.name] for row in done}
    assert marks() == before


# Killed


@contextmanager
def running(out: Path, program: Program, *studies: Path) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    command = [sys.executable, "-c", PROGRAM, str(out), program, *map(str, studies)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


def kill_in_the_middle(out: Path, experiment: Experiment, *studies: Path) -> tuple[int, list[dict[str, Any]]]:
    """Run studies, kill -9 when a training has two epochs; the epochs it then has, and what was told."""
    child, told = 0, []
    with running(out, experiment.train_with, *studies) as (process, lines):
        for line in lines:
            event = json.loads(line)
            told.append(event)
            child = event.get("pid", child)
            if (event["name"], event["event"], event.get("epoch")) == (experiment.name, "epoch", 2):
                break
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert ends(child)
    return max(RowFiles(runs_folder(out), experiment.name).checkpoints()), told


@pytest.mark.slow
def test_killed_at_any_epoch_it_comes_to_the_same(
    whole: Whole, either: list[Experiment], images: Path, texts: Path, tmp_path: Path
) -> None:
    text, image, _ = either
    folder = runs_folder(tmp_path)
    text_epochs, _ = kill_in_the_middle(tmp_path, text, texts, images)
    assert 2 <= text_epochs < EPOCHS
    assert read_result(tmp_path, text) is None
    # Half a file, as a kill in the middle of saving leaves it.
    half = folder / f".{text.name}.epoch-9.keras.ab12cd"
    half.mkdir()
    (half / f"{text.name}.epoch-9.keras").write_bytes(b"half")

    image_epochs, told = kill_in_the_middle(tmp_path, image, texts, images)
    assert 2 <= image_epochs < EPOCHS
    (built,) = (event for event in told if event["event"] == "built" and event["name"] == text.name)
    assert built["done"] == built["batches"] * text_epochs / EPOCHS
    trained = [event["epoch"] for event in told if event["event"] == "epoch" and event["name"] == text.name]
    assert trained == list(range(text_epochs + 1, EPOCHS + 1))

    last = Told()
    results = run_trainings([text, image], tmp_path, progress=last)
    assert {event["name"] for event in last.events} == {image.name}
    assert [event["epoch"] for event in last.events if event["event"] == "epoch"] == list(
        range(image_epochs + 1, EPOCHS + 1)
    )
    for experiment in (text, image):
        files, expected = (RowFiles(f, experiment.name) for f in (folder, runs_folder(whole.out)))
        assert history_of(files) == history_of(expected)
        assert weights_of(files) == weights_of(expected)
        assert results[experiment.name].sound
        assert len(RowFiles(folder, experiment.name).read_history()["seconds"]) == EPOCHS
    unfinished = {path for path in names_in(folder) if ".epoch-" in path or path.startswith(".")}
    assert unfinished == set()


@pytest.mark.slow
def test_two_at_once_train_each_row_once(images: Path, tmp_path: Path) -> None:
    study = tmp_path / "seeds.toml"
    only_all = IMAGES.partition("# Five pools")[0]
    study.write_text(only_all.replace("epochs = 5", "epochs = 2").replace("640", "96") + "seeds = [1, 2]\n")
    rows = trainings([load_study(study)])
    both = running(tmp_path, "keras", study), running(tmp_path, "keras", study)
    with both[0] as (one, said), both[1] as (other, said_too):
        reader = threading.Thread(target=lambda: heard.extend(said_too))
        heard: list[str] = []
        reader.start()
        told = [*map(json.loads, said)]
        reader.join()
        told_too = [*map(json.loads, heard)]
        assert (one.wait(), other.wait()) == (0, 0)
    for events in (told, told_too):  # both come to all results
        finished = {event["name"]: event["error"] for event in events if event["event"] == "finished"}
        assert finished == {row.name: None for row in rows}
    for kind, times in {"started": 1, "built": 1, "epoch": 2, "done": 1, "evaluating": 1}.items():
        counted = Counter(event["name"] for event in told + told_too if event["event"] == kind)
        assert counted == {row.name: times for row in rows}
    for row in rows:
        result = read_result(tmp_path, row)
        assert result is not None
        assert result.sound
    everything = set().union(*(all_that_a_training_leaves(row) for row in rows))
    assert names_in(runs_folder(tmp_path)) == everything


# Without Keras: who trains what, and when


@dataclass
class Trainer:
    """In place of training and evaluation: counts them, and fails where it is told to."""

    names: list[str] = field(default_factory=list)
    fails: bool = False

    def __call__(
        self, experiment: Experiment, folder: Path, data_dir: grid.DataDir, on_event: OnEvent
    ) -> Result:
        self.names.append(experiment.name)
        on_event({"event": "started", "pid": 1})
        RowFiles(folder, experiment.name).checkpoint(7).write_text("the last epoch")
        if self.fails:
            return Result(experiment=experiment, error="it failed")
        return Result(experiment=experiment, scores=scored().scores, versions={"maju": "0"})


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    stand_in = Trainer()
    monkeypatch.setattr(grid, "run_experiment", stand_in)
    monkeypatch.setattr(grid, "SECONDS_BETWEEN_TRIES", 0.01)
    return stand_in


def test_a_training_is_done_once(trainer: Trainer, rows: list[Experiment], tmp_path: Path) -> None:
    first = run_once(rows[0], tmp_path)
    again = run_once(rows[0], tmp_path)
    assert trainer.names == [rows[0].name]
    assert again == first
    assert first.versions == {"maju": "0"}


def test_a_changed_row_is_another_training(
    trainer: Trainer, rows: list[Experiment], images: Path, texts: Path, tmp_path: Path
) -> None:
    run_trainings(rows, tmp_path)
    changed = tmp_path / "texts.toml"
    changed.write_text(TEXTS.replace('name = "the-same"', 'name = "other"\nmodel.units = [6]'))
    told = Told()
    results = run_trainings(trainings([load_study(changed), load_study(images)]), tmp_path, progress=told)
    same, other = (row.experiments()[0].name for row in load_study(changed).rows)
    assert same == rows[0].name
    assert trainer.names == [*(row.name for row in rows), other]
    assert {event["name"] for event in told.events} == {other}
    assert told.ended == list(results) == [same, other, rows[1].name, rows[2].name]


def test_a_new_title_is_no_other_training(
    trainer: Trainer, rows: list[Experiment], images: Path, tmp_path: Path
) -> None:
    run_trainings(rows, tmp_path)
    renamed = tmp_path / "renamed.toml"
    renamed.write_text(IMAGES.replace("Images", "Pictures").replace('"all"', '"everything"'))
    run_trainings(trainings([load_study(renamed)]), tmp_path)
    assert len(trainer.names) == 3


def test_what_failed_is_tried_again(trainer: Trainer, rows: list[Experiment], tmp_path: Path) -> None:
    trainer.fails = True
    results = run_trainings(rows[:2], tmp_path)  # the others go on
    assert [result.error for result in results.values()] == ["it failed"] * 2
    stored = read_result(tmp_path, rows[0])
    assert stored is not None
    assert (stored.scores, stored.error) == (None, "it failed")
    checkpoint = RowFiles(runs_folder(tmp_path), rows[0].name).checkpoint(7)
    assert checkpoint.exists()  # from which it goes on
    trainer.fails = False
    assert run_once(rows[0], tmp_path).scores is not None
    assert trainer.names == [rows[0].name, rows[1].name, rows[0].name]
    assert not checkpoint.exists()


def test_a_checkpoint_goes_when_the_result_is_safe_and_not_before(
    trainer: Trainer, rows: list[Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RowFiles(runs_folder(tmp_path), rows[0].name)

    @contextmanager
    def killed(path: Path) -> Iterator[Path]:
        assert path == files.result
        raise KeyboardInterrupt
        yield path

    with monkeypatch.context() as patch:
        patch.setattr(grid, "replacing", killed)
        with pytest.raises(KeyboardInterrupt):
            run_once(rows[0], tmp_path)
    assert list(files.checkpoints()) == [7]
    run_once(rows[0], tmp_path)
    assert files.checkpoints() == {}


def test_a_checkpoint_that_outlived_its_result_goes_too(
    trainer: Trainer, rows: list[Experiment], tmp_path: Path
) -> None:
    run_once(rows[0], tmp_path)
    files = RowFiles(runs_folder(tmp_path), rows[0].name)
    files.checkpoint(7).write_text("killed before it was removed")
    other = RowFiles(runs_folder(tmp_path), rows[1].name).checkpoint(2)
    other.write_text("of a training that is not done")
    run_once(rows[0], tmp_path)
    assert files.checkpoints() == {}
    assert other.exists()
    assert len(trainer.names) == 1


def test_what_another_process_works_on_comes_last(
    trainer: Trainer, rows: list[Experiment], tmp_path: Path
) -> None:
    first, *others = rows
    runs_folder(tmp_path).mkdir()
    lock = FileLock(RowFiles(runs_folder(tmp_path), first.name).lock, thread_local=False)
    busy = []

    class Waiting(Told):
        def row(self, experiment: Experiment) -> OnEvent:
            def on_event(event: dict[str, Any]) -> None:
                if event["event"] == "busy":
                    busy.append(experiment.name)
                    if len(busy) == 3:
                        lock.release()

            return on_event

    told = Waiting()
    with lock:
        run_trainings(rows, tmp_path, progress=told)
    assert busy == [first.name] * 3
    assert told.ended == trainer.names == [*(row.name for row in others), first.name]


def test_what_another_process_finished_meanwhile_is_taken(
    trainer: Trainer, rows: list[Experiment], tmp_path: Path
) -> None:
    runs_folder(tmp_path).mkdir()
    files = RowFiles(runs_folder(tmp_path), rows[0].name)
    lock = FileLock(files.lock, thread_local=False)
    theirs = Result(experiment=rows[0], scores=scored(rows=3, agree=3).scores)

    class Finishing(Told):
        def row(self, experiment: Experiment) -> OnEvent:
            def on_event(event: dict[str, Any]) -> None:
                if event["event"] == "busy":
                    files.result.write_text(theirs.model_dump_json())
                    lock.release()

            return on_event

    with lock:
        results = run_trainings(rows[:1], tmp_path, progress=Finishing())
    assert results == {rows[0].name: theirs}
    assert trainer.names == []


def test_a_training_that_is_worked_on_is_busy(
    trainer: Trainer, rows: list[Experiment], tmp_path: Path
) -> None:
    runs_folder(tmp_path).mkdir()
    with (
        FileLock(RowFiles(runs_folder(tmp_path), rows[0].name).lock),
        pytest.raises(BusyError, match=f"^{rows[0].name}$"),
    ):
        run_once(rows[0], tmp_path, wait=0.05)
    assert trainer.names == []


# Files

DAMAGED = {
    "empty": b"",
    "half": b'{"experiment": {"name": "a", ',
    "no JSON": b"\0\0\0\0",
    "not UTF-8": b'{"error": "\xff"}',
    "neither scores nor an error": b'{"experiment": null}',
    "a list": b"[]",
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_result_is_named_before_anything_is_trained(
    case: str, trainer: Trainer, rows: list[Experiment], tmp_path: Path
) -> None:
    path = RowFiles(runs_folder(tmp_path), rows[1].name).result
    path.parent.mkdir()
    path.write_bytes(DAMAGED[case])
    with pytest.raises(MajuError) as caught:
        run_trainings(rows, tmp_path)
    text = str(caught.value)
    assert text.startswith(f"{path} cannot be read; remove it to train anew (ValidationError: ")
    assert "\n" not in text
    assert trainer.names == []
    path.unlink()
    assert len(run_trainings(rows, tmp_path)) == 3


def test_a_result_that_was_never_ended_is_none(rows: list[Experiment], tmp_path: Path) -> None:
    assert read_result(tmp_path, rows[0]) is None


def test_a_folder_without_studies(tmp_path: Path) -> None:
    with pytest.raises(MajuError) as caught:
        read_studies(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} holds no results of `maju reproduce`: its folder studies is missing or empty"
    )


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_study_is_named(case: str, images: Path, tmp_path: Path) -> None:
    write_studies([load_study(images)], tmp_path)
    path = tmp_path / "studies" / "broken.json"
    path.write_bytes(DAMAGED[case])
    with pytest.raises(MajuError) as caught:
        read_studies(tmp_path)
    assert str(caught.value).startswith(f"{path} cannot be read: ValidationError: ")
    assert "\n" not in str(caught.value)


def test_a_study_that_is_written_again_replaces_the_old_one(images: Path, tmp_path: Path) -> None:
    study = load_study(images)
    write_studies([study], tmp_path)
    changed = study.model_copy(update={"title": "Other"})
    write_studies([changed], tmp_path)
    assert read_studies(tmp_path) == [changed]
    assert [path.name for path in (tmp_path / "studies").iterdir()] == ["images.json"]
