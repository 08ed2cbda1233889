from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maju
from maju import layers, metrics
from maju.callbacks import BackupAndRestore, Callback, EarlyStopping, LambdaCallback
from maju.errors import InputError, ModelFormatError
from maju.metrics import Metric
from maju.training import state_file
from training import killed_training as training


class CutOffError(Exception):
    """What ends a training in these tests."""


def cut_at(batch: int, event: str = "on_train_batch_end") -> Callback:
    """Ends a training at the batch of this number, counted over all epochs from the beginning of the run."""
    count = iter(range(10_000))

    def maybe(*_: Any, **__: Any) -> None:
        if next(count) == batch:
            raise CutOffError

    return LambdaCallback(**{event: maybe})


@pytest.fixture(scope="module")
def through(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the training comes to when nothing cuts it off."""
    folder = tmp_path_factory.mktemp("through")
    found = training.fit(training.model(), folder, 1)
    assert not (folder / "backup").exists()
    assert len(found["epochs"]) < training.EPOCHS, "early stopping is to be part of the test"
    assert len(set(found["history learning_rate"] / 0.9 ** found["epochs"])) > 1, "and the plateaus"
    return found


def assert_same(found: dict[str, Any], through: dict[str, Any]) -> None:
    assert found.keys() == through.keys()
    for name, array in through.items():
        assert found[name].dtype == array.dtype, name
        assert found[name].tobytes() == array.tobytes(), name


@pytest.mark.parametrize("save_freq", ["epoch", 3])
def test_a_training_cut_off_anywhere_comes_to_the_same(
    save_freq: Any, through: dict[str, Any], tmp_path: Path
) -> None:
    for first in range(0, training.BATCHES * len(through["epochs"]), 6):
        folder = tmp_path / str(first)
        folder.mkdir()
        with pytest.raises(CutOffError):
            training.fit(training.model(), folder, save_freq, cut_at(first))
        kept = (folder / "backup" / "training.npz").exists()
        # Where there is a file, nothing of the new model stays.
        found = training.fit(training.model(seed=8 if kept else 3), folder, save_freq)
        assert_same(found, through)


@pytest.mark.parametrize(
    "event", ["on_train_begin", "on_epoch_begin", "on_test_begin", "on_epoch_end", "on_train_end"]
)
def test_between_batches_too(event: str, through: dict[str, Any], tmp_path: Path) -> None:
    for _ in range(50):
        try:
            found = training.fit(training.model(), tmp_path, 2, cut_at(2 if "epoch" in event else 0, event))
        except CutOffError:
            if event in ("on_train_begin", "on_train_end", "on_test_begin"):
                found = training.fit(training.model(), tmp_path, 2)
                break
        else:
            break
    assert_same(found, through)


def test_the_same_model_and_callbacks_go_on_after_an_interruption(tmp_path: Path) -> None:
    """As in a notebook, where a cell is run again."""
    x, y = training.data()
    runs = []
    for cuts in ([], [3, 11, 2]):
        made = training.model()
        backup = BackupAndRestore(tmp_path / "backup", 2)
        stopping = EarlyStopping("loss", patience=1)
        for cut in cuts:
            with pytest.raises(CutOffError):
                made.fit(x, y, epochs=6, batch_size=16, verbose=0, callbacks=[backup, stopping, cut_at(cut)])
        history = made.fit(x, y, epochs=6, batch_size=16, verbose=0, callbacks=[backup, stopping])
        runs.append((history.history, [array.tobytes() for array in made.weights.values()]))
    assert runs[0] == runs[1]


@pytest.mark.slow
def test_killed_at_random_moments(through: dict[str, Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    command = [sys.executable, training.__file__, str(tmp_path), "2"]
    kills = 0
    while not (tmp_path / "found.npz").exists():
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(int(rng.integers(4, 9))):
                child.stdout.readline()
            time.sleep(float(rng.uniform(0, 0.01)))
            if child.poll() is None:
                child.kill()
                kills += 1
            assert kills < 40
        assert child.returncode in (0, -9)
    assert kills >= 3
    with np.load(tmp_path / "found.npz") as found:
        assert_same(dict(found), through)
    assert not (tmp_path / "backup").exists()


# Batches from elsewhere


def batches(rng: np.random.Generator) -> Iterator[Any]:
    while True:
        x = rng.normal(size=(8, 6)).astype(np.float32)
        yield x, (x[:, 0] > 0).astype(np.int64)


@pytest.mark.parametrize("save_freq", ["epoch", 3])
def test_a_generator_is_read_on_from_where_it_was(save_freq: Any, tmp_path: Path) -> None:
    def run(*others: Callback) -> dict[str, Any]:
        made = training.model()
        history = made.fit(
            batches(np.random.default_rng(2)),
            epochs=5,
            steps_per_epoch=4,
            verbose=0,
            validation_data=batches(np.random.default_rng(4)),
            validation_steps=2,
            validation_freq=2,
            callbacks=[BackupAndRestore(tmp_path / "backup", save_freq), *others],
        )
        weights = {str(place): array for place, array in enumerate(made.weights.values())}
        return {**weights, **{name: np.array(found) for name, found in history.history.items()}}

    whole = run()
    for cut in (2, 9, 17):
        with pytest.raises(CutOffError):
            run(cut_at(cut))
        assert_same(run(), whole)


def test_the_states_of_a_stateful_layer(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3, 2)).astype(np.float32), rng.normal(size=(12, 1)).astype(np.float32)

    def run(*others: Callback) -> dict[str, Any]:
        maju.random.set_random_seed(1)
        made = maju.Sequential(
            [maju.Input(batch_shape=(4, 3, 2)), layers.LSTM(3, stateful=True), layers.Dense(1)]
        )
        made.compile("sgd", "mse")
        backup = BackupAndRestore(tmp_path / "backup", 2)
        made.fit(x, y, epochs=3, verbose=0, callbacks=[backup, *others])
        return {str(place): array for place, array in enumerate(made.weights.values())}

    whole = run()
    with pytest.raises(CutOffError):
        run(cut_at(5))
    assert_same(run(), whole)


# Files of something else


def cut_off(
    folder: Path, save_freq: Any = 1, change: Callable[[maju.Model], None] | None = None
) -> maju.Model:
    """Leaves a checkpoint, and gives a model to go on with."""
    with pytest.raises(CutOffError):
        training.fit(training.model(), folder, save_freq, cut_at(4))
    return training.model()


@pytest.mark.parametrize(
    "kind", ["text", "empty", "truncated", "damaged", "other npz", "other document", "pickle"]
)
def test_a_file_that_is_no_checkpoint_is_refused(kind: str, tmp_path: Path) -> None:
    made = cut_off(tmp_path)
    path = tmp_path / "backup" / "training.npz"
    content = path.read_bytes()
    if kind == "text":
        path.write_text("hello")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "damaged":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif kind == "other npz":
        with path.open("wb") as file:
            np.savez(file, a=np.arange(3))
    elif kind == "other document":
        with path.open("wb") as file:
            np.savez(file, document=np.frombuffer(b"[1, 2]", np.uint8))
    else:
        with path.open("wb") as file:
            np.savez(file, document=np.array([{}], dtype=object))
    before = {name: array.copy() for name, array in made.weights.items()}
    with pytest.raises(ModelFormatError, match=r"training\.npz: no checkpoint of a training") as error:
        training.fit(made, tmp_path, 1)
    assert "\n" not in str(error.value)
    assert_same(dict(made.weights), before)


def test_a_file_that_unpacks_to_more_than_itself_is_refused(tmp_path: Path) -> None:
    made = cut_off(tmp_path)
    path = tmp_path / "backup" / "training.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("document.npy", bytes(1 << 20))
    with pytest.raises(ModelFormatError, match="holds more than its own size"):
        training.fit(made, tmp_path, 1)


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    cut_off(tmp_path)
    expected = (
        r"training\.npz is of another training \(weight 0: kernel \(6, 5\) float32 there, "
        r"kernel \(6, 4\) float32 here; .* more\); delete it, or choose another folder"
    )
    with pytest.raises(InputError, match=expected):
        training.fit(training.model(units=4), tmp_path, 1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rows": 70}, r"\(rows: 80 there, 70 here; .*batches: 3 there, 3 here|rows: 80 there, 70 here"),
        ({"batch_size": 40}, "batches: 3 there, 2 here; batch size: 32 there, 40 here"),
        ({"shuffle": False}, "order of the rows: shuffled there, as given here"),
        ({"validation_split": 0.2}, "rows: 80 there, 64 here; validation batches: none there, 1 here"),
        ({"optimizer": "sgd"}, "optimizer: Adam .* there, SGD .* here"),
        ({"optimizer": maju.optimizers.Adam(beta_1=0.5)}, r'"beta_1": 0.9.* there, .*"beta_1": 0.5'),
        ({"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}, "metrics: Mean there, Mean, "),
        ({"callbacks": [EarlyStopping("loss")]}, "callbacks: .* there, EarlyStopping, "),
        ({"augment": training.noisy}, "augmentation: none there, function here"),
        ({"frozen": True}, r"weight 0: kernel .* float32 there, kernel .* float32, not trained here"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_a_checkpoint_of_other_settings_is_refused(
    changed: dict[str, Any], message: str, tmp_path: Path
) -> None:
    x, y = training.data()

    def run(
        *others: Callback,
        rows: int = 80,
        optimizer: Any = "adam",
        loss: Any = "sparse_categorical_crossentropy",
        metrics: Any = None,
        callbacks: Any = (),
        frozen: bool = False,
        **settings: Any,
    ) -> None:
        made = training.model()
        made.layers[1].trainable = not frozen
        made.compile(optimizer, loss, metrics=metrics)
        backup = BackupAndRestore(tmp_path / "backup", 1)
        made.fit(x[:rows], y[:rows], verbose=0, callbacks=[backup, *callbacks, *others], **settings)

    with pytest.raises(CutOffError):
        run(cut_at(1))
    with pytest.raises(InputError, match=message) as error:
        run(**changed)
    assert "\n" not in str(error.value)
    run()  # the checkpoint is still there, and good


def test_more_epochs_and_another_save_freq_are_no_other_training(tmp_path: Path) -> None:
    x, y = training.data()
    runs = []
    for epochs in ([5], [2, 3, 5]):
        for last in epochs:
            made = training.model()
            backup = BackupAndRestore(tmp_path / "backup", "epoch", delete_checkpoint=last == 5)
            history = made.fit(x, y, epochs=last, verbose=0, callbacks=[backup])
        runs.append((history.history, [array.tobytes() for array in made.weights.values()]))
    assert runs[0] == runs[1]


# What is kept


class Own(Metric):
    def reset_state(self) -> None:
        self.seen = 0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> None:
        self.seen += len(y_true)

    def result(self) -> float:
        return float(self.seen)


class OwnKept(Own):
    gathered = ("seen",)


def test_a_metric_of_ones_own_must_say_what_it_gathers(tmp_path: Path) -> None:
    x, y = training.data()

    def run(metric: Metric, save_freq: Any, *others: Callback) -> Any:
        made = training.model()
        made.compile("adam", "sparse_categorical_crossentropy", metrics=[metric])
        backup = BackupAndRestore(tmp_path / "backup", save_freq)
        return made.fit(x, y, epochs=2, verbose=0, callbacks=[backup, *others]).history["own"]

    with pytest.raises(
        InputError, match=r"metric 'own': what it gathers cannot be kept; name .* in Own\.gathered"
    ):
        run(Own(name="own"), 1)
    assert run(Own(name="own"), "epoch") == [80.0, 80.0]
    with pytest.raises(CutOffError):
        run(OwnKept(name="own"), 1, cut_at(1))
    assert run(OwnKept(name="own"), 1) == [80.0, 80.0]


class WithState(Callback):
    def __init__(self, state: Any) -> None:
        self.state = state

    def get_state(self) -> dict[str, Any]:
        return {"own": self.state}

    def set_state(self, state: Any) -> None:
        self.state = state["own"]


@pytest.mark.parametrize(
    "name", [name for name in metrics.__all__ if name[0].isupper() and name not in ("MeanMetric", "Metric")]
)
def test_every_metric_goes_on_from_its_state(name: str, tmp_path: Path) -> None:
    kind: Any = getattr(metrics, name)
    made = [kind(*((0.5,) if "At" in name else ())) for _ in range(3)]
    rng = np.random.default_rng(0)
    sparse = name.startswith("Sparse")
    for half in range(2):
        predicted = rng.random((6, 4)).astype(np.float32)
        true = rng.integers(0, 4, 6) if sparse else np.eye(4, dtype=np.float32)[rng.integers(0, 4, 6)]
        given = (predicted,) if name in ("Mean", "Sum") else (true, predicted)
        made[0].update_state(*given)
        if not half:
            state_file.write(tmp_path / "state.npz", made[0].get_state())
            made[1].set_state(state_file.read(tmp_path / "state.npz"))
            continue
        made[1].update_state(*given)
        made[2].update_state(*given)
    np.testing.assert_array_equal(made[1].result(), made[0].result())
    np.testing.assert_equal(made[1].get_state(), made[0].get_state())
    with pytest.raises(AssertionError):
        np.testing.assert_equal(made[2].get_state(), made[0].get_state())


def test_the_state_of_a_callback_of_ones_own(tmp_path: Path) -> None:
    x, y = training.data()
    given = {
        "a": [1, 2.5, None, "text", True],
        "b": np.arange(6, dtype=np.int16).reshape(2, 3),
        "c": np.float32(0.1),
    }
    backup = BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
    training.model().fit(x, y, verbose=0, callbacks=[WithState(given), backup])
    own = WithState(None)
    training.model().fit(x, y, verbose=0, callbacks=[own, backup])
    assert own.state["a"] == given["a"]
    assert own.state["b"].dtype == np.int16
    np.testing.assert_array_equal(own.state["b"], given["b"])
    assert own.state["c"] == np.float32(0.1)
    (tmp_path / "backup" / "training.npz").unlink()
    with pytest.raises(
        InputError, match="state/callbacks/0/own: a set cannot be kept; expected numbers, texts"
    ):
        training.model().fit(x, y, verbose=0, epochs=2, callbacks=[WithState({1, 2}), backup])
    with pytest.raises(InputError, match="state/callbacks/0/own: the key 3 cannot be kept; expected a text"):
        training.model().fit(x, y, verbose=0, epochs=2, callbacks=[WithState({3: 4}), backup])


def test_the_folder(tmp_path: Path) -> None:
    x, y = training.data()
    folder = tmp_path / "a" / "b"
    backup = BackupAndRestore(folder, delete_checkpoint=False)
    folder.mkdir(parents=True)
    (folder / ".maju-0123.part").touch()
    training.model().fit(x, y, verbose=0, callbacks=[backup])
    assert [path.name for path in folder.iterdir()] == ["training.npz"]
    (folder / "mine").touch()
    training.model().fit(x, y, verbose=0, callbacks=[BackupAndRestore(folder)])
    assert [path.name for path in folder.iterdir()] == ["mine"]
    with pytest.raises(InputError, match="mine: no such folder"):
        training.model().fit(x, y, verbose=0, callbacks=[BackupAndRestore(folder / "mine")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backup_dir": ""}, "backup_dir is empty"),
        ({"save_freq": 0}, "save_freq=0; expected 'epoch' or a whole number of 1 or more"),
        ({"save_freq": "batch"}, "save_freq='batch'; expected"),
        ({"delete_checkpoint": 3}, "delete_checkpoint=3; expected True or False"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_arguments(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        BackupAndRestore(**{"backup_dir": tmp_path, **arguments})
