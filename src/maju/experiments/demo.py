"""``maju demo``: four small models, trained with Keras, run from scratch, and compared."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maju.datasets import is_local
from maju.experiments.architectures import ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DataChoice, load
from maju.experiments.experiment import Experiment, Training
from maju.experiments.extras import require_experiments
from maju.experiments.files import RowFiles, made_folder
from maju.experiments.plots import plot_losses_together
from maju.experiments.progress import RowProgress
from maju.experiments.results import Result
from maju.experiments.runner import run_experiments, versions
from maju.experiments.tables import CAPTION, markdown_table, rich_table, verdict
from maju.formats.atomic import replacing

__all__ = ["Demo", "compare", "demo_experiments", "run", "write_results"]

DataDir = str | os.PathLike[str] | None

#: The data that comes with a package, and the real data set that it takes the place of.
STANDS_FOR = {"digits": ("cifar10", "CIFAR-10"), "sentences": ("nusax", "NusaX-Sentiment")}


@dataclass(frozen=True)
class Demo:
    """What a demo came to: its results, and the folder that holds its files."""

    results: tuple[Result, ...]
    folder: Path

    @property
    def exit_code(self) -> int:
        """0 if every model trained and Keras and maju came to the same probabilities, else 1."""
        return 0 if all(result.sound for result in self.results) else 1


def run(
    out: str | os.PathLike[str] = "maju-demo",
    *,
    seed: int = 0,
    data_dir: DataDir = None,
    sample: bool = False,
    epochs: int | None = None,
) -> Demo:
    """Train four models with Keras in child processes, run them from scratch here, and print the comparison.

    Nothing is downloaded: CIFAR-10 and NusaX-Sentiment are used where they are on this machine, and otherwise
    scikit-learn's digits and a sample of sentences that comes with maju.

    Args:
        out: the folder for the models, plots and results; made where it is missing.
        seed: of the training; the splits of the data stay as they are.
        data_dir: the only folder to look for data in; by default MAJU_DATA_DIR, then the cache.
        sample: whether to use the data that comes with the packages even so.
        epochs: for every model, in place of its own number.

    Raises:
        MissingExtraError: Keras or another package is not installed.
        DataError: a data set on this machine is damaged.
    """
    require_experiments("maju demo")
    return compare(demo_experiments(seed, data_dir, sample, epochs), out, data_dir)


def compare(experiments: Sequence[Experiment], out: str | os.PathLike[str], data_dir: DataDir = None) -> Demo:
    """Run experiments, print their data, progress and table, and write the results beside the models."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200  # a file has no width that the table must fit into
    folder = made_folder(out)
    data = describe_data(experiments, data_dir)
    console.print(data, markup=False, soft_wrap=True)
    with RowProgress(experiments, Console(stderr=True, highlight=False)) as progress:
        results = run_experiments(experiments, folder, data_dir, progress)
    write_results(results, data, folder)
    console.print()
    console.print(rich_table(results))
    console.print(CAPTION, style="dim", markup=False, soft_wrap=True)
    console.print(f"\n{verdict(results)}", markup=False, soft_wrap=True)
    console.print(f"Models, plots and results are in {folder}", markup=False, soft_wrap=True)
    return Demo(tuple(results), folder)


def demo_experiments(
    seed: int = 0, data_dir: DataDir = None, sample: bool = False, epochs: int | None = None
) -> list[Experiment]:
    """The four experiments, on the best data that this machine has."""
    if not sample and is_local("cifar10", data_dir=data_dir):
        images = DataChoice(name="cifar10", train_rows=10_000, validation_rows=2_000)
        cnn = ConvolutionalNetwork(blocks=((16,), (32,), (64,)), dense=(64,), dropout=0.3)
        cnn_epochs = 7
    else:
        images = DataChoice(name="digits")
        cnn = ConvolutionalNetwork(blocks=((16,), (32,)), dense=(64,), dropout=0.3)
        cnn_epochs = 20
    if not sample and is_local("nusax", data_dir=data_dir):
        texts = DataChoice(name="nusax")
        units, max_tokens = 64, 3_000
        text_epochs, batch_size = 8, 32
    else:
        texts = DataChoice(name="sentences")
        units, max_tokens = 16, 1_000
        text_epochs, batch_size = 12, 8
    if epochs is not None:
        cnn_epochs = text_epochs = epochs
    cnn_training = Training(epochs=cnn_epochs, batch_size=64, learning_rate=0.002, seed=seed)
    text_training = Training(epochs=text_epochs, batch_size=batch_size, seed=seed)
    simple_rnn = RecurrentNetwork(cell="SimpleRNN", units=(units,), max_tokens=max_tokens)
    lstm = RecurrentNetwork(cell="LSTM", units=(units,), max_tokens=max_tokens)
    both_ways = lstm.model_copy(update={"bidirectional": True})
    return [
        Experiment(name=name, title=title, data=data, architecture=architecture, training=training)
        for name, title, data, architecture, training in (
            ("cnn", "CNN", images, cnn, cnn_training),
            ("simple-rnn", "SimpleRNN", texts, simple_rnn, text_training),
            ("lstm", "LSTM", texts, lstm, text_training),
            ("bidirectional-lstm", "Bidirectional LSTM", texts, both_ways, text_training),
        )
    ]


def describe_data(experiments: Sequence[Experiment], data_dir: DataDir = None) -> str:
    """Say which data the experiments use, how much, and how to get what is missing; a line a data set."""
    lines = []
    for choice in dict.fromkeys(experiment.data for experiment in experiments):
        titles = ", ".join(experiment.title for experiment in experiments if experiment.data == choice)
        whole = load(DataChoice(name=choice.name), data_dir)
        train, validation, test = (len(split.y) for split in whole)
        line = (
            f"{titles}: {whole.name}; {_share(choice.train_rows, train)} training rows, "
            f"{_share(choice.validation_rows, validation)} validation rows, all {test:,} test rows"
        )
        if choice.name in STANDS_FOR:
            name, title = STANDS_FOR[choice.name]
            if not is_local(name, data_dir=data_dir):
                where = "on this machine" if data_dir is None else f"in {data_dir}"
                line += f" ({title} is not {where}; `maju data` fetches it)"
        lines.append(line)
    return "\n".join(lines)


def _share(limit: int | None, rows: int) -> str:
    return f"{rows:,}" if limit is None or limit >= rows else f"{limit:,} of {rows:,}"


def write_results(results: Sequence[Result], data: str, folder: Path) -> None:
    """Write results.json, results.md, and losses.png with a panel a model."""
    together = folder / "losses.png"
    together.unlink(missing_ok=True)  # an earlier run's
    histories = {
        result.experiment.title: RowFiles(folder, result.experiment.name).read_history()
        for result in results
        if result.scores is not None
    }
    if histories:
        plot_losses_together(histories, together)
    named_versions = versions()
    for result in results:
        named_versions |= result.versions
    document = {
        "versions": named_versions,
        "data": data.splitlines(),
        "results": [result.model_dump(mode="json") for result in results],
    }
    _write_text(folder / "results.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    named = ", ".join(f"{name} {number}" for name, number in named_versions.items())
    seeds = ", ".join(sorted({str(result.experiment.training.seed) for result in results}, key=int))
    parts = [
        "# maju demo",
        "\n".join(f"- {line}" for line in data.splitlines()),
        markdown_table(results),
        "\n".join(f"- {line}" for line in verdict(results).splitlines()),
        "Macro-F1 is the mean of the classes' F1, in which a class that is never predicted counts as 0. "
        f"Keras predicts on all cores, maju on one. Seed {seeds}. {named}.",
    ]
    _write_text(folder / "results.md", "\n\n".join(parts) + "\n")


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
