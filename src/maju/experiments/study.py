"""A study: a question, and the experiments that answer it, read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import chain, count, islice
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from maju.errors import ExperimentError
from maju.experiments.architectures import Architecture, ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DataChoice
from maju.experiments.experiment import Experiment, Program, Training
from maju.experiments.settings import Settings, repeated

__all__ = ["GRID", "Row", "Study", "load_study", "shipped_studies"]

#: The studies of hyper-parameters, in the order of their report.
GRID = (
    "cnn-layers",
    "cnn-filters",
    "cnn-kernel",
    "cnn-pooling",
    *(f"{cell}-{what}" for cell in ("rnn", "lstm") for what in ("layers", "units", "direction")),
)
#: The tables of a file that all its rows share, and each row may override key by key.
SHARED = ("data", "model", "training")
#: The bytes of the largest file that is taken for a study: a thousand rows.
LARGEST = 200_000
#: How many wrong keys a message names.
NAMED = 5

#: The kinds of model.
KINDS: dict[str, type[Settings]] = {"convolutional": ConvolutionalNetwork, "recurrent": RecurrentNetwork}

Share = Annotated[float, Field(ge=0, le=1)]


class Row(Settings):
    """One configuration of a study, trained once for each seed.

    Attributes:
        name: what tells it from the study's other rows, as ``"2-layers"``.
        label: how tables and plots call it.
        label_id: the same in Indonesian; by default the label.
        data: what it learns from.
        model: the network.
        training: how it is trained; its seed is one of `seeds`.
        seeds: a training each.
        reference: the macro-F1 that the original study reached with Keras, where it is known.
        reference_from_scratch: what its own code from scratch reached: a macro-F1, or what went wrong.
        target: the macro-F1 that the row is meant to reach.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    label: str
    label_id: str | None = None
    data: DataChoice
    model: Architecture
    training: Training
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**32)], ...], Field(min_length=1, strict=False)] = (
        0,
    )
    reference: Share | None = None
    reference_from_scratch: Share | str | None = None
    target: Share | None = None

    @model_validator(mode="after")
    def _seeds_differ(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: each seed once")
        if self.training.seed:
            raise ValueError("training.seed: seeds are the row's own key, `seeds`")
        self.experiments()  # whose own checks are about how the parts fit
        return self

    def experiments(self, train_with: Program = "keras") -> list[Experiment]:
        """The trainings of this row, one a seed; those of equal rows have equal names."""
        return [self._experiment(seed, train_with) for seed in self.seeds]

    def _experiment(self, seed: int, train_with: Program) -> Experiment:
        draft = Experiment(
            name="draft",
            title=self.label if len(self.seeds) == 1 else f"{self.label}, seed {seed}",
            data=self.data,
            architecture=self.model,
            training=self.training.model_copy(update={"seed": seed}),
            train_with=train_with,
        )
        kind = self.model.kind if train_with == "keras" else f"{self.model.kind}-{train_with}"
        return draft.model_copy(update={"name": f"{kind}-{draft.fingerprint}"})


class Study(Settings):
    """A question, and the rows that answer it.

    Attributes:
        name: what it is called in commands: the file's name without ``.toml``.
        title: as its table is headed.
        title_id: the same in Indonesian; by default the title.
        question: what the rows are compared for.
        question_id: the same in Indonesian; by default the question.
        rows: the configurations, in the order of the table.
        train_with: what trains them.
    """

    name: Annotated[str, Field(pattern=r"^\w[\w-]*$")]
    title: str
    title_id: str | None = None
    question: str = ""
    question_id: str | None = None
    rows: Annotated[tuple[Row, ...], Field(min_length=1, strict=False)]
    train_with: Program = "keras"

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        twice = repeated(row.name for row in self.rows)
        if twice:
            raise ValueError(f"rows: each row needs a name of its own: {', '.join(twice)}")
        return self

    def quick(self) -> Study:
        """The same rows with little data, two epochs and one seed: to see that all of it works."""
        return self.model_copy(update={"rows": tuple(_quick(row) for row in self.rows)})

    def seeded(self, seeds: int) -> Study:
        """The same rows with so many seeds each: their own first, then the lowest that are not among them."""
        return self.model_copy(
            update={
                "rows": tuple(
                    row.model_copy(update={"seeds": tuple(islice(_seeds(row), seeds))}) for row in self.rows
                )
            }
        )

    def trained_with(self, program: Program) -> Study:
        """The same rows, trained with Keras or with maju."""
        return self.model_copy(update={"train_with": program})


def _seeds(row: Row) -> Iterator[int]:
    """The seeds of a row, and then all others."""
    return chain(row.seeds, (seed for seed in count() if seed not in row.seeds))


def _quick(row: Row) -> Row:
    few = {"train_rows": 960, "validation_rows": 320, "test_rows": 1_000} if row.data.images else {}
    rows = {key: min(limit, getattr(row.data, key) or limit) for key, limit in few.items()}
    training = {"epochs": min(2, row.training.epochs), "warmup_epochs": min(1, row.training.warmup_epochs)}
    return row.model_copy(
        update={
            "data": row.data.model_copy(update=rows),
            "training": row.training.model_copy(update=training),
            "seeds": row.seeds[:1],
        }
    )


def shipped_studies() -> dict[str, Path]:
    """The files of the studies that come with maju, by name: those of the grid first."""
    folder = Path(str(files("maju.experiments"))) / "studies"
    found = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {name: found[name] for name in (*GRID, *sorted(set(found) - set(GRID)))}


def load_study(source: str | Path) -> Study:
    """Load a study: one that comes with maju by its name, another by the path of its TOML file.

    The tables ``[data]``, ``[model]`` and ``[training]`` hold what the rows share; a row's own keys go over
    them.

    Raises:
        ExperimentError: there is no such study, or the file is broken: names each key that is wrong.
    """
    path = Path(source)
    if path.suffix != ".toml":
        shipped = shipped_studies()
        if str(source) not in shipped:
            known = ", ".join(shipped)
            raise ExperimentError(f"there is no study {str(source)!r}; there are {known}, or any file.toml")
        path = shipped[str(source)]
    document = _read(path)
    shared = {table: document.pop(table, {}) for table in SHARED}
    for table, common in shared.items():
        if not isinstance(common, dict):
            raise ExperimentError(f"{path}: {table} must be a table, [{table}], not {common!r:.60}")
    study = {"name": path.stem, **document}
    if isinstance(document.get("rows"), list):
        study["rows"] = [_over(row, shared) for row in document["rows"]]
    try:
        return Study.model_validate(study)
    except ValidationError as error:
        raise ExperimentError(f"{path}: {explain(error, document)}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.expanduser().open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError, RuntimeError) as error:  # the others: a NUL byte, a user that is unknown
        reason = error.strerror if isinstance(error, OSError) else error
        raise ExperimentError(f"{path} cannot be read: {reason}") from error
    if len(content) > LARGEST:
        raise ExperimentError(f"{path} has more than {LARGEST:,} bytes: it is no study")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ExperimentError(f"{path} is not text in UTF-8") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, or numbers and lists beyond any use
        raise ExperimentError(f"{path} is not valid TOML: {error}") from error


def _over(row: Any, shared: Mapping[str, dict[str, Any]]) -> Any:
    """A row with what it shares with the others."""
    if not isinstance(row, dict):
        return row
    merged = dict(row)
    for table, common in shared.items():
        own = row.get(table, {})
        merged[table] = {**common, **own} if isinstance(own, dict) else own
    return merged


def explain(error: ValidationError, document: Mapping[str, Any]) -> str:
    """The first wrong keys by their place in the file, with what was expected and what came."""
    # A list whose entries are wrong is also called too short.
    problems = [p for p in error.errors(include_url=False) if p["type"] != "too_short" or not p["input"]]
    lines = list(dict.fromkeys(_place(p["loc"], document) + _complaint(p) for p in problems))
    more = [f"and {len(lines) - NAMED} more"] if len(lines) > NAMED else []
    return "; ".join(lines[:NAMED] + more)


def _place(location: tuple[int | str, ...], document: Mapping[str, Any]) -> str:
    """Where a wrong key stands: in a row, or in a table that the rows share."""
    if location == ("name",) and "name" not in document:
        return "the file's name "
    if location[:1] != ("rows",) or len(location) == 1:
        return ".".join(map(str, location)) + ": " if location else ""
    number, keys = int(location[1]), [str(key) for key in location[2:]]
    if keys[:1] in (["model"], ["reference_from_scratch"]):
        del keys[1:2]  # which of several types was tried, and no key
    row = document["rows"][number]
    if isinstance(row, dict) and keys and keys[0] in SHARED:
        own = row.get(keys[0], {})
        if isinstance(own, dict) and (not own or (keys[1:] and keys[1] not in own)):
            return ".".join(keys) + ": "
    name = row.get("name") if isinstance(row, dict) else None
    named = f"row {name!r:.60}" if isinstance(name, str) else f"row {number + 1}"
    return " ".join(filter(None, (named, ".".join(keys)))) + ": "


def _complaint(problem: ErrorDetails) -> str:
    """What is wrong with a value, in the words of TOML."""
    context = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return f"there is no such key; there are {', '.join(_keys_beside(problem['loc']))}"
        case "union_tag_not_found":
            return f"kind is missing: {' or '.join(map(repr, KINDS))}"
        case "union_tag_invalid":
            return f"kind must be {' or '.join(map(repr, KINDS))}, not {context['tag']!r:.60}"
        case "too_short":
            return "must not be empty"
        case "value_error":
            return problem["msg"].removeprefix("Value error, ")
        case "string_pattern_mismatch":
            expected = f"must match {context['pattern']}"
        case "tuple_type":
            expected = "must be a list"
        case "model_type" | "model_attributes_type":
            expected = "must be a table"
        case _:
            expected = problem["msg"].replace("Input should", "must")
    return f"{expected}, not {_came(problem['input'])}"


def _came(value: Any) -> str:
    match value:
        case dict():
            return "a table"
        case bool():
            return str(value).lower()
        case _:
            return f"{value!r:.60}"


def _keys_beside(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that there are where an unknown one stands."""
    if len(location) == 1:
        return (*Study.model_fields, *SHARED)
    tables: dict[str, type[Settings]] = {"data": DataChoice, "training": Training, **KINDS}
    return tuple(tables.get(str(location[-2]), Row).model_fields)
