"""A page for each model of a report, from the model's file and its test split: scores and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np

from maju.datasets import Dataset, is_local
from maju.errors import DataError, MajuError
from maju.experiments import grid
from maju.experiments.data import DataChoice, load
from maju.experiments.files import RowFiles
from maju.experiments.report.conditions import shared
from maju.experiments.report.model_pictures import Judged, PictureSection, draw_pictures
from maju.experiments.report.outcomes import RowOutcome, Run, StudyOutcome, state_of
from maju.experiments.report.words import Language
from maju.experiments.results import Scores
from maju.layers.base import Array

__all__ = ["ModelPage", "ModelPages", "Progress", "page_of"]

DataDir = str | Path | None
#: Is told a page's path, its number, and how many there are.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ModelPage:
    """What the page of a model says.

    Attributes:
        path: of its file, from the report's folder.
        rows: those that the model is: each with its study's name and title, and with its label.
        origin: which file it is, and who trained it.
    """

    path: str
    title: str
    rows: list[tuple[str, str, str]]
    origin: str
    facts: list[tuple[str, str]]
    sections: list[PictureSection]


@dataclass(frozen=True)
class _Trained:
    """A training that is to have a page, and the rows that share it."""

    path: str
    run: Run
    rows: list[tuple[StudyOutcome, RowOutcome]] = field(default_factory=list)


class ModelPages:
    """The pages of a folder's models, drawn one after the other.

    Attributes:
        paths: of the pages that are drawn, from the report's folder, by the names of the trainings.
        left_out: the reasons why models have no page, each with how many these are.
    """

    def __init__(
        self,
        folder: Path,
        outcomes: Iterable[StudyOutcome],
        language: Language,
        data_dir: DataDir = None,
    ) -> None:
        self.folder, self.language = grid.runs_folder(folder), language
        self.paths: dict[str, str] = {}
        self.left_out: dict[str, int] = {}
        self._trained = _trained(outcomes, language)
        self._load = cache(partial(_load, data_dir=data_dir))

    def draw(self, progress: Progress | None = None) -> Iterator[ModelPage]:
        """Each page, as soon as it is drawn."""
        for number, trained in enumerate(self._trained, start=1):
            if progress is not None:
                progress(trained.path, number, len(self._trained))
            try:
                page = self._page(trained)
            except MajuError as error:
                reason = str(error)
                self.left_out[reason] = self.left_out.get(reason, 0) + 1
                continue
            self.paths[trained.run.experiment.name] = trained.path
            yield page

    def _page(self, trained: _Trained) -> ModelPage:
        """Draw a page.

        Raises:
            MajuError: the model's file or its data set is missing or damaged.
        """
        language, run = self.language, trained.run
        files = RowFiles(self.folder, run.experiment.name)
        if not files.model.is_file():
            raise MajuError(f"the model's file is not in {self.folder}")
        dataset = self._load(run.experiment.data)
        model = run.experiment.architecture.from_scratch.load(files.model)
        kept = _kept_probabilities(files, dataset)
        probabilities = model.predict_proba(dataset.test.x) if kept is None else kept
        outcome, first = trained.rows[0]
        label = language.label(first.row)
        alone = outcome.study.model_copy(update={"rows": (first.row,)})
        origin = language(f"model.by_{run.experiment.train_with}", seed=str(run.seed), file=files.model.name)
        return ModelPage(
            path=trained.path,
            title=f"{language.title(outcome.study)}: {label}",
            rows=[
                (one.study.name, language.title(one.study), language.label(row.row))
                for one, row in trained.rows
            ],
            origin=" ".join([origin, *([] if kept is None else [language("model.kept")])]),
            facts=[*_scores(run, language), *shared(alone, language)],
            sections=draw_pictures(Judged(label, model, run.history, dataset, probabilities), language),
        )


def page_of(runs: Sequence[Run], paths: Mapping[str, str]) -> str:
    """The page of a row's trainings, which is that of the first; empty where there is none."""
    return paths.get(runs[0].experiment.name, "") if runs else ""


def _trained(outcomes: Iterable[StudyOutcome], language: Language) -> list[_Trained]:
    """The first training of each finished row, by Keras and by maju; that which rows share once."""
    found: dict[str, _Trained] = {}
    for outcome in outcomes:
        for row in outcome.rows:
            for runs in (row.runs, row.by_maju):
                if runs and state_of(runs) == "finished":
                    path = _path(outcome, row, runs[0], language)
                    one = found.setdefault(runs[0].experiment.name, _Trained(path, runs[0]))
                    one.rows.append((outcome, row))
    return list(found.values())


def _path(outcome: StudyOutcome, row: RowOutcome, run: Run, language: Language) -> str:
    # No study's and no row's name holds a dot, so that no two paths are the same.
    parts = [outcome.study.name, row.row.name]
    parts += [] if run.experiment.train_with == "keras" else [run.experiment.train_with]
    parts += [] if language.code == "en" else [language.code]
    return f"models/{'.'.join(parts)}.html"


def _load(choice: DataChoice, data_dir: DataDir) -> Dataset:
    """The data, which is not downloaded for the sake of pictures.

    Raises:
        DataError: it is not on this machine, or damaged.
    """
    name, _, language = choice.name.partition("-")
    if name in ("cifar10", "nusax") and not is_local(name, language or "indonesian", data_dir):
        where = "on this machine (`maju data` fetches it)" if data_dir is None else f"in {data_dir}"
        raise DataError(f"the data set {choice.name} is not {where}")
    return load(choice, data_dir)


def _kept_probabilities(files: RowFiles, dataset: Dataset) -> Array | None:
    """Keras's probabilities of the test rows, if they were kept: predicting 10,000 images takes long."""
    try:
        kept: Array = np.load(files.probabilities, allow_pickle=False)
    except (OSError, ValueError):
        return None
    fits = kept.shape == (len(dataset.test.y), len(dataset.classes)) and np.isfinite(kept).all()
    return kept if fits else None


def _scores(run: Run, language: Language) -> list[tuple[str, str]]:
    """What a finished training came to, each number under its heading."""
    scores = run.scratch
    assert scores is not None
    keras = scores.keras if isinstance(scores, Scores) else None
    judged = keras or scores.scratch
    found = [
        (language("column.f1"), language.number(judged.macro_f1)),
        (language("column.accuracy"), language.number(judged.accuracy)),
        (language("column.parameters"), language.plain(scores.parameters)),
    ]
    if isinstance(scores, Scores):
        labels = f"{language.plain(scores.agree)}/{language.plain(scores.rows)}"
        text = language("model.agreement", labels=labels, difference=language.power(scores.max_difference))
        found.append((language("fact.agreement"), text))
    return found
