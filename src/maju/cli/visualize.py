"""`maju visualize`: pictures of what goes on inside a model, as files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from maju.cli import console
from maju.cli.images import Scale
from maju.cli.inputs import ResizeOption, ScaleOption, read_inputs
from maju.cli.labels import read_labels
from maju.cli.model_file import ArchitectureOption, ModelArgument, build_model, read_model_file
from maju.errors import GradientError, InputError, MissingExtraError
from maju.layers.base import Layer
from maju.models import Model
from maju.models.inputs import flat

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["visualize"]

#: How many layers of a kind get a picture unless one is named, and how many rows histograms are made of.
MOST_LAYERS, MOST_ROWS = 8, 64


class What(StrEnum):
    """A kind of picture."""

    GRAPH = "graph"
    FILTERS = "filters"
    WEIGHTS = "weights"
    WORDS = "words"
    FEATURE_MAPS = "feature-maps"
    GRAD_CAM = "grad-cam"
    GRAD_CAM_PLUS_PLUS = "grad-cam++"
    INTEGRATED_GRADIENTS = "integrated-gradients"
    HIDDEN_STATES = "hidden-states"
    GATES = "gates"
    TOKENS = "tokens"
    ATTENTION = "attention"
    ACTIVATIONS = "activations"
    CONFUSION = "confusion"
    RELIABILITY = "reliability"
    MISTAKES = "mistakes"


class Format(StrEnum):
    """A format of pictures."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


WITHOUT_INPUT = (What.GRAPH, What.FILTERS, What.WEIGHTS, What.WORDS)
WITH_TRUTH = (What.CONFUSION, What.RELIABILITY, What.MISTAKES)
#: Those that show one layer.
OF_A_LAYER = (
    What.FILTERS,
    What.WEIGHTS,
    What.WORDS,
    What.FEATURE_MAPS,
    What.GRAD_CAM,
    What.GRAD_CAM_PLUS_PLUS,
    What.HIDDEN_STATES,
    What.GATES,
    What.ATTENTION,
    What.ACTIVATIONS,
)


@dataclass(frozen=True, eq=False)
class _Job:
    """What the pictures are of."""

    model: Model
    x: Any
    row: int
    target: Any
    output: str | None
    classes: Sequence[str] | None
    truth: Any


def visualize(
    model: ModelArgument,
    given: Annotated[
        str | None,
        typer.Argument(
            metavar="INPUT",
            help="An image, .npy or .npz; for a model that takes texts, a file with one text a line, or - "
            "for standard input. Without it: the graph, the filters, the weights and the words alone.",
            show_default=False,
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The layer to look into; outer/inner in a model.", show_default=False
        ),
    ] = None,
    what: Annotated[
        list[What] | None,
        typer.Option(
            help="A kind of picture; may be given several times. By default all that fit.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the files go; by default MODEL-pictures here.", show_default=False
        ),
    ] = None,
    row: Annotated[int, typer.Option(min=0, help="Which row of the input is drawn.")] = 0,
    target: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="CLASS",
            help="What to explain: a class by number or name, or a place like 3,5,1; by default the best.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Which of several outputs; by default the first.", show_default=False
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The classes' names: a file with one a line, or a list like cat,dog.",
            show_default=False,
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The true class of each row, one a line (number or name) or .npy: for confusion, "
            "reliability and mistakes.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[Format, typer.Option("--format", help="What the files are.")] = Format.PNG,
    resize: ResizeOption = False,
    scale: ScaleOption = Scale.AUTO,
    architecture: ArchitectureOption = None,
) -> None:
    """Draw what goes on inside a model: one file for each picture.

    Needs matplotlib: pip install 'maju[visualize]'. Of several rows one is drawn (--row); histograms are made
    of the first 64, and what needs --truth of all. Files of the same names are written anew.

    \b
    Examples:
      maju visualize model.keras cat.png --resize --what grad-cam --class 3
      maju visualize sentiment.keras reviews.txt --row 2 --labels negative,neutral,positive
      maju visualize model.keras images.npy --layer conv2d_1 --out pictures
    """
    if find_spec("matplotlib") is None:
        raise MissingExtraError("maju visualize", "visualize")
    from maju.visualize.probe import find_layer
    from maju.visualize.style import short

    file, spec = read_model_file(model, architecture)
    built = build_model(file, spec)
    path = None if layer is None else find_layer(built, layer)[0]
    wanted = _kinds(what, given is not None, truth is not None, path)
    inputs = None if given is None else read_inputs(built, [given], resize, scale)
    if inputs is not None and row >= len(inputs.names):
        raise InputError(f"--row {row}: {given} has the rows 0 to {len(inputs.names) - 1}")
    classes = None if labels is None else read_labels(labels)
    true = None if truth is None else _read_truth(truth, classes)
    x = None if inputs is None else inputs.x
    job = _Job(built, x, row, _target(target, classes), output, classes, true)
    folder = out or Path(f"{model.stem}-pictures")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {folder}: a file, not a folder")
    left_out = _draw_all(job, wanted, path, folder, kind, strict=bool(what))
    if inputs is not None and len(inputs.names) > 1:
        console.note(
            f"of {len(inputs.names):,} rows, {short(inputs.names[row], 60)!r} is drawn; --row draws another"
        )
    for each, reason in left_out.items():
        console.note(f"no {each}: {reason}")


def _kinds(what: Sequence[What] | None, with_input: bool, with_truth: bool, layer: str | None) -> list[What]:
    """The kinds of pictures to make.

    Raises:
        InputError: one that was asked for needs what was not given.
    """
    for each in what or ():
        if each not in WITHOUT_INPUT and not with_input:
            raise InputError(f"--what {each} needs an INPUT")
        if each in WITH_TRUTH and not with_truth:
            raise InputError(f"--what {each} needs the true classes: --truth FILE")
        if layer is not None and each not in OF_A_LAYER:
            raise InputError(f"--what {each} shows the whole model; leave --layer out")
    if what:
        return list(dict.fromkeys(what))
    return [
        each
        for each in What
        if (with_input or each in WITHOUT_INPUT)
        and ((with_truth and with_input) or each not in WITH_TRUTH)
        and (layer is None or each in OF_A_LAYER)
    ]


def _draw_all(
    job: _Job, wanted: Sequence[What], layer: str | None, folder: Path, kind: Format, strict: bool
) -> dict[str, str]:
    """Make the pictures, print their files, and give the reasons why others were left out.

    Args:
        strict: whether a picture that does not fit is an error.
    """
    from maju.visualize.style import finish

    left_out: dict[str, str] = {}
    taken: set[str] = set()
    for what in wanted:
        layers: list[str | None] = [*_layers(job.model, what)] if layer is None else [layer]
        if len(layers) > MOST_LAYERS:
            most = f"the first {MOST_LAYERS} of {len(layers)} layers are drawn; --layer names another"
            left_out[f"more {what}"] = most
        for each in layers[:MOST_LAYERS] or [None]:
            try:
                with console.status(f"Drawing {what}"):
                    figure = _draw(job, what, each)
            except (InputError, GradientError, MissingExtraError) as error:
                if strict:
                    raise
                left_out[what] = str(error)
                continue
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{_file_name(what, each, taken)}.{kind}"
            finish(figure, path)
            console.say(str(path))
    if not taken:
        raise InputError("no picture fits: " + "; ".join(f"{each}: {why}" for each, why in left_out.items()))
    return left_out


def _layers(model: Model, what: What) -> Iterator[str]:
    """The layers that a kind of picture is made of, where it is made of each."""
    from maju.visualize.attention import attends
    from maju.visualize.filters import is_convolution
    from maju.visualize.gates import halves_of, has_gates
    from maju.visualize.probe import layers_in

    def is_recurrent(layer: Layer) -> bool:
        return bool(halves_of(layer))

    fits = {
        What.FILTERS: is_convolution,
        What.FEATURE_MAPS: is_convolution,
        What.HIDDEN_STATES: is_recurrent,
        What.GATES: has_gates,
        What.ATTENTION: attends,
    }.get(what)
    if fits is not None:
        yield from (path for path, layer in layers_in(model) if fits(layer))


def _file_name(what: What, layer: str | None, taken: set[str]) -> str:
    """A name for a file, which no picture of this run has."""
    plain = re.sub(r"\W", "_", layer or "")
    base = f"{what}-{plain}" if plain else str(what)
    name, number = base, 2
    while name.lower() in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name.lower())
    return name


def _draw(job: _Job, what: What, layer: str | None) -> Figure:
    """Make one picture."""
    from maju import visualize as pictures

    model, x = job.model, job.x
    of_row: dict[str, Any] = {"row": job.row}
    explained: dict[str, Any] = {**of_row, "target": job.target, "output": job.output, "classes": job.classes}
    match what:
        case What.GRAPH:
            return pictures.plot_graph(model)
        case What.FILTERS:
            return pictures.plot_filters(model, layer)
        case What.WEIGHTS:
            return pictures.plot_weight_histograms(model, layer)
        case What.WORDS:
            return pictures.plot_embeddings(model, None, layer)
        case What.FEATURE_MAPS:
            return pictures.plot_feature_maps(model, x, layer, **of_row)
        case What.GRAD_CAM | What.GRAD_CAM_PLUS_PLUS:
            plus_plus = what is What.GRAD_CAM_PLUS_PLUS
            return pictures.plot_grad_cam(model, x, layer, plus_plus=plus_plus, **explained)
        case What.INTEGRATED_GRADIENTS:
            return pictures.plot_integrated_gradients(model, x, **explained)
        case What.HIDDEN_STATES:
            return pictures.plot_hidden_states(model, x, layer, **of_row)
        case What.GATES:
            return pictures.plot_gates(model, x, layer, **of_row)
        case What.TOKENS:
            return pictures.plot_token_contributions(model, x, **explained)
        case What.ATTENTION:
            return pictures.plot_attention(model, x, layer, **of_row)
        case What.ACTIVATIONS:
            return pictures.plot_activation_histograms(model, _first_rows(x), layer)
        case What.CONFUSION | What.RELIABILITY | What.MISTAKES:
            return _draw_judged(job, what)


def _draw_judged(job: _Job, what: What) -> Figure:
    """Make a picture of all rows and their true classes."""
    from maju import visualize as pictures

    outputs = flat(job.model.predict(job.x))
    names = [ref.layer for ref in flat(job.model.spec.outputs)]
    if job.output is not None and job.output not in names:
        raise InputError(f"--output {job.output}: the model's outputs are {', '.join(names)}")
    p = outputs[0 if job.output is None else names.index(job.output)]
    if what is What.RELIABILITY:
        return pictures.plot_reliability(job.truth, p)
    if what is What.MISTAKES:
        x = next(iter(job.x.values())) if isinstance(job.x, Mapping) else job.x
        first = any(getattr(layer, "data_format", "") == "channels_first" for layer in job.model.layers)
        return pictures.plot_mistakes(x, job.truth, p, classes=job.classes, channels_first=first)
    return pictures.plot_confusion(job.truth, p, classes=job.classes)


def _first_rows(x: Any) -> Any:
    return {key: part[:MOST_ROWS] for key, part in x.items()} if isinstance(x, Mapping) else x[:MOST_ROWS]


def _target(given: str | None, classes: Sequence[str] | None) -> Any:
    """A class by its number or its name, or a place in an output."""
    if given is None:
        return None
    if classes is not None and given in classes:
        return list(classes).index(given)
    parts = given.split(",")
    if not all(re.fullmatch(r"\d{1,9}", part.strip()) for part in parts):
        hint = "" if classes is None else f"; the names are {', '.join(classes)}"
        raise InputError(f"--class {given!r}: neither a number nor a place like 3,5,1, nor a name{hint}")
    numbers = tuple(int(part) for part in parts)
    return numbers[0] if len(numbers) == 1 else numbers


def _read_truth(path: Path, classes: Sequence[str] | None) -> Any:
    """The true class of each row.

    Raises:
        InputError: the file cannot be read, or a line is no class.
    """
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        lines = path.read_text("utf-8-sig").split()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as true classes ({error})") from error
    numbers = {name: number for number, name in enumerate(classes or ())}
    found = []
    for place, line in enumerate(lines, start=1):
        if line not in numbers and not line.isdecimal():
            way_out = (
                "give the names with --labels" if classes is None else f"the names are {', '.join(classes)}"
            )
            raise InputError(f"{path}: {line!r} in line {place} is no class; {way_out}")
        found.append(numbers.get(line, int(line) if line.isdecimal() else -1))
    return np.array(found, np.int64)
