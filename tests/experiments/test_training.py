from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from experiments.processes import ends
from experiments.rows import SMALL
from maju.errors import MajuError
from maju.experiments import training as training_module
from maju.experiments.architectures import RecurrentNetwork
from maju.experiments.augmentation import augmented
from maju.experiments.child import Trained, train_in_child
from maju.experiments.data import DataChoice, load
from maju.experiments.experiment import Experiment, Training
from maju.experiments.files import RowFiles
from maju.experiments.programs import Keras
from maju.experiments.training import _resume, _train_epoch

EVERYTHING = Training(
    epochs=3,
    batch_size=20,  # 64 rows are four batches, the last one smaller
    learning_rate=0.01,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.02,
    global_clipnorm=0.5,
    label_smoothing=0.2,
    augmentation=("flip", "cutout"),
    seed=6,
)
STEPS = 4
KERAS = Keras()
PARENT = """
import json, sys
from pathlib import Path
from maju.experiments.child import train_in_child
from maju.experiments.experiment import Experiment

def show(event):
    print(json.dumps(event), flush=True)

train_in_child(Experiment.model_validate_json(sys.argv[1]), Path(sys.argv[2]), on_event=show)
"""


def small(name: str, **changes: Any) -> Experiment:
    training = SMALL.training.model_copy(update=changes)
    return SMALL.model_copy(update={"name": name, "training": training})


def rate(step: int) -> float:
    """What the learning rate is before a step: a line up to its highest, then half a cosine."""
    if step < STEPS:
        return 0.01 * step / STEPS
    return 0.01 * 0.5 * (1 + math.cos(math.pi * (step - STEPS) / (2 * STEPS)))


# In the child


@dataclass(frozen=True)
class Run:
    trained: Trained
    model: Any


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training with every setting, and what its last checkpoint holds."""
    folder = tmp_path_factory.mktemp("everything")
    experiment = SMALL.model_copy(update={"name": "everything", "training": EVERYTHING})
    trained = train_in_child(experiment, folder)
    (checkpoint,) = RowFiles(folder, "everything").checkpoints().values()
    return Run(trained, keras.models.load_model(checkpoint))


@pytest.mark.slow
def test_the_learning_rate_rises_and_falls_along_a_cosine(run: Run) -> None:
    optimizer = run.model.optimizer
    assert int(optimizer.iterations) == 3 * STEPS
    schedule = optimizer._learning_rate
    assert isinstance(schedule, keras.optimizers.schedules.CosineDecay)
    rates = [float(schedule(step)) for step in range(3 * STEPS + 1)]
    np.testing.assert_allclose(rates, [rate(step) for step in range(3 * STEPS + 1)], rtol=0, atol=1e-8)
    assert float(optimizer.learning_rate) == pytest.approx(0, abs=1e-8)


@pytest.mark.slow
def test_the_optimizer_and_the_loss_have_their_settings(run: Run) -> None:
    optimizer, loss = run.model.optimizer, run.model.loss
    assert type(optimizer) is keras.optimizers.Adam
    assert (optimizer.weight_decay, optimizer.global_clipnorm) == (0.02, 0.5)
    assert (optimizer.clipnorm, optimizer.clipvalue) == (None, None)
    assert isinstance(loss, keras.losses.CategoricalCrossentropy)
    assert loss.label_smoothing == 0.2


@pytest.mark.slow
def test_the_history_holds_what_that_loss_came_to(run: Run) -> None:
    validation = load(SMALL.data).validation
    expected, accuracy = run.model.evaluate(validation.x, np.eye(10)[validation.y], verbose=0)
    assert run.trained.history["val_loss"][-1] == pytest.approx(expected, rel=1e-5)
    assert run.trained.history["val_accuracy"][-1] == pytest.approx(accuracy)


@pytest.mark.slow
def test_a_training_that_diverges_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MajuError, match=r"^the training diverged: the loss of epoch 1 is (nan|inf)$"):
        train_in_child(small("small", learning_rate=1e30), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["small.log"]


@pytest.mark.slow
def test_a_damaged_checkpoint_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    checkpoint = RowFiles(tmp_path, "small").checkpoint(1)
    checkpoint.write_bytes(b"PK\3\4 half a file")
    with pytest.raises(MajuError) as caught:
        train_in_child(SMALL, tmp_path)
    assert str(caught.value).startswith(
        f"{checkpoint} cannot be continued; remove it to start anew (ValueError: "
    )
    assert "\n" not in str(caught.value)
    assert checkpoint.exists()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["started", "epoch"])
def test_the_child_ends_when_its_parent_is_killed(moment: str, tmp_path: Path) -> None:
    endless = small("endless", epochs=100_000)
    command = [sys.executable, "-c", PARENT, endless.model_dump_json(), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = 0
        for line in parent.stdout:
            event = json.loads(line)
            child = event.get("pid", child)
            if event["event"] == moment:
                break
        os.kill(parent.pid, signal.SIGKILL)
    assert child > 0
    assert ends(child)


# An epoch


class Recorder:
    """In place of a Keras model: keeps what it is trained with."""

    non_trainable_variables = ()

    def fit(self, x: Any, y: Any, **settings: Any) -> Any:
        self.x, self.y, self.settings = x, y, settings
        return SimpleNamespace(history={"loss": [1.5], "val_loss": [2.5]})


def epoch_of(training: Training, epoch: int, data: DataChoice = SMALL.data) -> Recorder:
    model = Recorder()
    logs = _train_epoch(model, load(data), training, epoch, KERAS, None)
    assert logs.keys() == {"loss", "val_loss", "seconds"}
    assert (logs["loss"], logs["val_loss"]) == (1.5, 2.5)
    return model


def test_an_epoch_sees_the_rows_shuffled_and_augmented() -> None:
    train = load(SMALL.data).train
    model = epoch_of(EVERYTHING, 2)
    rng = np.random.default_rng([6, 2])
    order = rng.permutation(64)
    np.testing.assert_array_equal(model.x, augmented(train.x[order], EVERYTHING, rng))
    np.testing.assert_array_equal(model.y, np.eye(10)[train.y[order]])
    assert model.settings["batch_size"] == 20
    assert model.settings["shuffle"] is False  # it is done already


def test_validation_rows_stay_as_they_are() -> None:
    validation = load(SMALL.data).validation
    x, y = epoch_of(EVERYTHING, 0).settings["validation_data"]
    np.testing.assert_array_equal(x, validation.x)
    np.testing.assert_array_equal(y, np.eye(10)[validation.y])
    x, y = epoch_of(SMALL.training, 0).settings["validation_data"]
    np.testing.assert_array_equal(y, validation.y)


def test_every_epoch_and_every_seed_has_an_order_of_its_own() -> None:
    other = SMALL.training.model_copy(update={"seed": 4})
    drawn = [
        epoch_of(training, epoch).x.tobytes() for training in (SMALL.training, other) for epoch in (0, 1)
    ]
    assert len(set(drawn)) == 4
    assert epoch_of(SMALL.training, 1).x.tobytes() == drawn[1]


def test_an_epoch_of_texts_loses_words() -> None:
    data = DataChoice(name="sentences")
    training = Training(epochs=1, token_dropout=0.5)
    texts = [text.decode() for text in epoch_of(training, 0, data).x.numpy()]
    whole = {str(text) for text in load(data).train.x}
    assert len(texts) == 150
    assert sum(text in whole for text in texts) < 20


def test_dropout_is_drawn_anew_in_each_epoch_and_alike_when_it_goes_on() -> None:
    network = RecurrentNetwork(
        cell="LSTM", units=(3,), max_tokens=20, output_sequence_length=5, embedding_dim=4
    )
    dataset = load(DataChoice(name="sentences", train_rows=8, validation_rows=4))
    model = network.build(dataset, keras)
    model.fit = Recorder().fit

    def states(epoch: int) -> list[list[int]]:
        _train_epoch(model, dataset, Training(epochs=9), epoch, KERAS, None)
        named = {v.path: v.numpy().tolist() for v in model.non_trainable_variables}
        return [state for path, state in named.items() if path.endswith("seed_generator_state")]

    first, second, again = states(0), states(1), states(0)
    assert len(first) == 3  # two Dropout layers and an LSTM
    assert first == again
    assert len({str(state) for state in (*first, *second)}) == 6


# Predicting


@pytest.mark.parametrize("rows", [5, 128, 129, 256, 300])
def test_the_seconds_of_predicting_hold_no_compiling(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    traced: list[int] = []

    class Counting(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            traced.append(1)
            return x

    model = keras.Sequential([keras.Input((2,)), Counting(), keras.layers.Dense(3, activation="softmax")])
    model.compile(jit_compile=False)
    predict, traces = model.predict, list[int]()

    def counted(*arguments: Any, **settings: Any) -> Any:
        result = predict(*arguments, **settings)
        traces.append(len(traced))
        return result

    monkeypatch.setattr(model, "predict", counted)
    x = np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32)
    before = len(traced)
    predicted = KERAS.predicted(model, x)
    first, last = traces
    assert before < first == last
    assert predicted.probabilities.shape == (rows, 3)
    assert predicted.seconds > 0


# Going on


def test_without_a_checkpoint_it_starts(tmp_path: Path) -> None:
    (tmp_path / "small.history.json").write_text('{"loss": [1.0]}')
    (tmp_path / "smaller.epoch-3.keras").write_text("of another training")
    (tmp_path / "small.epoch-x.keras").write_text("of nobody")
    assert _resume(RowFiles(tmp_path, "small"), KERAS) == (None, {})


@pytest.mark.parametrize("history", [None, "", '{"loss": [1.0', "[1.0]"], ids=str)
def test_a_checkpoint_without_its_history_is_not_continued(history: str | None, tmp_path: Path) -> None:
    files = RowFiles(tmp_path, "small")
    model = SMALL.architecture.build(load(SMALL.data), keras)
    model.save(files.checkpoint(2))
    if history is not None:
        files.history.write_text(history)
    with pytest.raises(MajuError, match=r"epoch-2\.keras cannot be continued; remove it to start anew \("):
        _resume(files, KERAS)


def test_it_goes_on_from_the_last_checkpoint_with_the_history_up_to_it(tmp_path: Path) -> None:
    files = RowFiles(tmp_path, "small")
    model = SMALL.architecture.build(load(SMALL.data), keras)
    for epoch in (9, 10):  # killed before the earlier one was removed; 10 is after 9
        model.layers[-1].bias.assign(np.full(10, epoch))
        model.save(files.checkpoint(epoch))
    losses = [1 / epoch for epoch in range(1, 12)]  # killed after it wrote the history of epoch 11
    files.history.write_text(json.dumps({"loss": losses, "val_loss": losses}))
    again, history = _resume(files, KERAS)
    assert history == {"loss": losses[:10], "val_loss": losses[:10]}
    assert float(again.layers[-1].bias[0]) == 10


def test_a_checkpoint_that_was_not_written_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RowFiles(tmp_path, "small")
    history = {"loss": [1.0, 0.5]}
    model = SMALL.architecture.build(load(SMALL.data), keras)
    training_module._write_checkpoint(model, {"loss": [1.0]}, files, 1)

    def killed(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(model, "save", lambda path: killed(path, path))
        with pytest.raises(KeyboardInterrupt):
            training_module._write_checkpoint(model, history, files, 2)
    assert list(files.checkpoints()) == [1]
    assert _resume(files, KERAS)[1] == {"loss": [1.0]}
    training_module._write_checkpoint(model, history, files, 2)
    assert list(files.checkpoints()) == [2]
    assert _resume(files, KERAS)[1] == history
