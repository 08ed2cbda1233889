from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import maju
from experiments.rows import SMALL
from maju.experiments.architectures import Architecture, ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DataChoice, load
from maju.experiments.experiment import Experiment, Training
from maju.experiments.files import RowFiles
from maju.experiments.programs import Keras, Maju, trainer_of
from maju.experiments.runner import run_experiment
from maju.experiments.training import _compile, _train_epoch
from maju.training.trainer import states_of_generators

NETWORKS: dict[str, tuple[str, Architecture]] = {
    "images": ("digits", ConvolutionalNetwork(blocks=((3,),), block_dropout=0.2, dense=(5,), dropout=0.1)),
    "texts": (
        "sentences",
        RecurrentNetwork(
            cell="GRU",
            units=(4, 3),
            bidirectional=True,
            max_tokens=50,
            embedding_dim=4,
            output_sequence_length=8,
            embedding_dropout=0.1,
        ),
    ),
}
EVERYTHING = Training(
    epochs=3,
    batch_size=20,
    learning_rate=0.01,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.02,
    global_clipnorm=0.5,
    label_smoothing=0.2,
)


def test_what_is_asked_for_trains() -> None:
    assert type(trainer_of("keras")) is Keras
    assert type(trainer_of("maju")) is Maju


class Recorder:
    """Keeps the rows that a model is trained on."""

    def fit(self, x: Any, y: Any, **settings: Any) -> Any:
        self.y = np.asarray(y)
        raise InterruptedError


@pytest.mark.parametrize("kind", NETWORKS)
def test_both_see_the_rows_in_the_same_order(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, network = NETWORKS[kind]
    dataset = load(DataChoice(name=name))
    seen = []
    for trainer in (Keras(), Maju()):
        model, recorder = network.build(dataset, trainer.package), Recorder()
        monkeypatch.setattr(model, "fit", recorder.fit)
        with pytest.raises(InterruptedError):
            _train_epoch(model, dataset, Training(epochs=9, seed=2), 3, trainer, None)
        seen.append(recorder.y.tolist())
    assert seen[0] == seen[1]
    assert seen[0] != dataset.train.y.tolist()


def test_both_are_compiled_alike(tmp_path: Path) -> None:
    dataset = load(SMALL.data)
    theirs, ours = (SMALL.architecture.build(dataset, package) for package in (keras, maju))
    for trainer, model in ((Keras(), theirs), (Maju(), ours)):
        _compile(model, EVERYTHING, len(dataset.train.y), trainer)
    ours.optimizer.build(ours.trainable_weights)  # as its first step would
    ours.save(tmp_path / "model.keras")
    opened = keras.models.load_model(tmp_path / "model.keras")
    found, expected = (
        {**m.optimizer.get_config(), "name": ""} for m in (opened, theirs)
    )  # Keras numbers them
    assert found == expected
    assert opened.loss.get_config() == theirs.loss.get_config()
    assert opened.get_compile_config()["metrics"] == theirs.get_compile_config()["metrics"]


def test_what_dropout_drops_follows_from_the_seed_and_the_epoch() -> None:
    name, network = NETWORKS["texts"]
    trainer, dataset = Maju(), load(DataChoice(name=name, train_rows=8, validation_rows=4))
    model = network.build(dataset, maju)

    def drawn(epoch: int) -> list[str]:
        trainer.seed_dropout(model, np.random.default_rng([5, epoch]))
        return [str(state["state"]) for state in states_of_generators(model)]

    first, second, again = drawn(0), drawn(1), drawn(0)
    assert first == again
    assert len({*first, *second}) == 2 * len(first) == 2 * 8  # four Dropout layers, two GRUs of two halves


@pytest.mark.parametrize("kind", NETWORKS)
def test_maju_trains_a_row_where_there_is_no_keras(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("keras", "tensorflow", "tf_keras"):
        (tmp_path / f"{package}.py").write_text("import os; os._exit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    name, network = NETWORKS[kind]
    row = Experiment(
        name="row",
        title="Row",
        data=DataChoice(name=name),
        architecture=network,
        training=Training(epochs=4, batch_size=20, learning_rate=0.01),
        train_with="maju",
    )
    events: list[dict[str, Any]] = []
    result = run_experiment(row, tmp_path / "out", on_event=events.append)
    assert result.error is None
    assert result.sound
    assert result.scores is not None
    assert result.scores.parameters == network.build(load(row.data), keras).count_params()
    assert set(result.versions) == {"maju", "python", "numpy", "scikit-learn"}
    files = RowFiles(tmp_path / "out", "row")
    history = files.read_history()
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy", "seconds"]
    assert history["loss"][3] < history["loss"][0]
    assert result.scores.train_seconds == sum(history["seconds"])
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [1, 2, 3, 4]
    assert not files.probabilities.exists()
    classifier = network.from_scratch.load(files.model)
    labels = classifier.predict_proba(load(row.data).test.x).argmax(axis=1)
    assert result.scores.scratch.accuracy == np.mean(labels == load(row.data).test.y)


def test_the_process_that_trains_imports_no_keras(tmp_path: Path) -> None:
    row = SMALL.model_copy(update={"train_with": "maju"})
    job = {"experiment": row.model_dump(mode="json"), "folder": str(tmp_path), "data_dir": None}
    program = (
        "import sys\n"
        "from maju.experiments.training import main\n"
        "code = main()\n"
        "loaded = sorted({name.partition('.')[0] for name in sys.modules} & {'keras', 'tensorflow'})\n"
        "sys.exit(code if not loaded else str(loaded))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        events = [json.loads(line)["event"] for line in process.stdout]
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert events[0] == "started"
    assert events[-1] == "done"


def test_a_loss_that_is_no_number_fails_the_row(tmp_path: Path) -> None:
    training = SMALL.training.model_copy(update={"learning_rate": 1e30})
    row = SMALL.model_copy(update={"train_with": "maju", "training": training})
    result = run_experiment(row, tmp_path)
    assert result.scores is None
    assert "not finite" in (result.error or "")
