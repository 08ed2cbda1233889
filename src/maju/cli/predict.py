"""`maju predict`: what a model says about images, texts or arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import typer

from maju.cli import console
from maju.cli.images import Scale
from maju.cli.inputs import ResizeOption, ScaleOption, read_inputs
from maju.cli.labels import read_labels
from maju.cli.model_file import ArchitectureOption, ModelArgument, build_model, read_model_file
from maju.errors import InputError
from maju.formats.specification import TensorRef
from maju.layers.base import Array
from maju.models import Model
from maju.models.inputs import flat

__all__ = ["predict"]

#: How many values of an output the table shows of a row.
SHOWN_VALUES = 10


def predict(
    model: ModelArgument,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Images, .npy or .npz; for a model that takes texts, files with one text a line, "
            "or - for standard input.",
            show_default=False,
        ),
    ],
    top: Annotated[
        int | None,
        typer.Option(min=1, metavar="K", help="Show the K best classes; 1 by default.", show_default=False),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The classes' names: a file with one a line, or a list like cat,dog.",
            show_default=False,
        ),
    ] = None,
    resize: ResizeOption = False,
    scale: ScaleOption = Scale.AUTO,
    architecture: ArchitectureOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with all digits.")] = False,
) -> None:
    """Run a model on images, lines of text or arrays.

    The best classes with their probabilities, if the model ends in softmax or sigmoid, else the values.
    Arrays are taken as they are: nothing in .npy or .npz is scaled. A model of several inputs takes one .npz
    that holds an array for each under its name.

    \b
    Examples:
      maju predict model.keras cat.png dog.jpg --resize --top 3
      maju predict sentiment.keras reviews.txt --labels negative,neutral,positive
      maju predict model.keras images.npy --json
    """
    file, spec = read_model_file(model, architecture)
    built = build_model(file, spec)
    given = read_inputs(built, inputs, resize, scale)
    y = built.predict(given.x)
    ranked = top is not None or labels is not None
    outputs = [
        _Output.of(built, ref, values, labels, ranked)
        for ref, values in zip(flat(spec.outputs), flat(y), strict=True)
    ]
    for output in outputs:
        if len(output.values) != len(given.names):
            raise InputError(
                f"output {output.name!r}: {len(output.values)} rows for {len(given.names)} inputs"
            )
        broken = int((~np.isfinite(output.values.reshape(len(output.values), -1))).any(axis=1).sum())
        if broken:
            console.note(f"output {output.name!r} holds values that are not finite, in {broken:,} rows")
    if as_json:
        console.show_json(
            [
                {"input": name, "output": output.name, **output.document(row, top or 1)}
                for row, name in enumerate(given.names)
                for output in outputs
            ]
        )
    else:
        _show(given.names, outputs, top or 1)


@dataclass(frozen=True)
class _Output:
    """One output of the model for all rows; `labels` is None where there are no classes to rank.

    Attributes:
        quantity: what a class has: ``"probability"`` or ``"score"``.
    """

    name: str
    values: Array
    labels: Sequence[str] | None
    quantity: str

    @classmethod
    def of(cls, model: Model, ref: TensorRef, values: Array, labels: str | None, ranked: bool) -> _Output:
        """An output with its classes.

        Args:
            labels: the option.
            ranked: whether the user asked for classes, and so for the best of values of any kind.
        """
        activation = model.activation_of(ref)
        probabilities = activation in ("softmax", "sigmoid") and values.ndim == 2
        if not probabilities and (values.ndim != 2 or values.shape[1] == 1 or not ranked):
            if ranked:
                raise InputError(
                    f"output {ref.layer!r} has no classes: its rows have shape {values.shape[1:]} and the "
                    f"activation {activation!r}; leave --top and --labels out"
                )
            return cls(ref.layer, values, None, "")
        if activation == "sigmoid" and values.shape[1] == 1:
            values = np.concatenate([1 - values, values], axis=1)  # of class 0 and of class 1
        count = values.shape[1]
        names = [str(index) for index in range(count)] if labels is None else read_labels(labels)
        if len(names) != count:
            missing = "" if "," in str(labels) else f"; there is no file {labels}" * (len(names) == 1)
            given = f"{len(names)} name{'s' if len(names) > 1 else ''}"
            raise InputError(f"--labels gives {given} for {count} classes{missing}")
        return cls(ref.layer, values, names, "probability" if probabilities else "score")

    def best(self, row: int, top: int) -> list[tuple[int, str, float]]:
        """The best classes of a row: number, label, value."""
        assert self.labels is not None
        values = self.values[row]
        return [(int(i), self.labels[i], float(values[i])) for i in np.argsort(-values, kind="stable")[:top]]

    def document(self, row: int, top: int) -> dict[str, Any]:
        """A row for JSON."""
        if self.labels is None:
            return {"shape": list(self.values[row].shape), "values": self.values[row].tolist()}
        best = self.best(row, top)
        return {"top": [{"class": i, "label": label, self.quantity: value} for i, label, value in best]}


def _show(names: Sequence[str], outputs: Sequence[_Output], top: int) -> None:
    for output in outputs:
        if len(outputs) > 1:
            console.say(f"{output.name}:", style="bold")
        if output.labels is None:
            _show_values(names, output.values)
        else:
            table = console.Table(
                "Input", "Label", output.quantity.capitalize(), right=["Probability", "Score"]
            )
            for row, name in enumerate(names):
                for place, (_, label, value) in enumerate(output.best(row, top)):
                    shown = f"{value:.4f}" if output.quantity == "probability" else f"{value:.6g}"
                    table.add(name if place == 0 else "", label, shown)
            table.show()
        if output is not outputs[-1]:
            console.say("")


def _show_values(names: Sequence[str], values: Array) -> None:
    table = console.Table("Input", "Shape", "Values")
    for name, row in zip(names, values, strict=True):
        first = [f"{value:.6g}" for value in row.ravel()[:SHOWN_VALUES].tolist()]
        more = ", ..." if row.size > SHOWN_VALUES else ""
        table.add(name, str(row.shape), ", ".join(first) + more)
    table.show()
    if values[0].size > SHOWN_VALUES:
        console.note(f"the first {SHOWN_VALUES} values of each row; --json gives all")
