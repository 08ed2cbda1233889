"""The equation of an `EinsumDense`, as "abc,cd->abd": its terms, and how long its axes are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from string import ascii_letters
from typing import NamedTuple, Self

from maju.layers.base import Shape

__all__ = ["EinsumEquation"]

FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class EinsumEquation(NamedTuple):
    """The letters of x, of the kernel and of y; an ellipsis may stand before those of x and y, or behind."""

    x: str
    kernel: str
    y: str
    before: bool = False
    behind: bool = False

    @classmethod
    def parse(cls, equation: str) -> Self:
        """The terms of an equation.

        Raises:
            ValueError: not a form that Keras takes, or one that names an axis twice in a term.
        """
        found = FORM.fullmatch(equation)
        if found is not None:
            x_before, x, x_behind, kernel, y_before, y, y_behind = found.groups()
            same = (x_before, x_behind) == (y_before, y_behind) and not (x_before and x_behind)
            known = set(y) <= set(x + kernel) and set(kernel) <= set(x + y)
            if same and known and all(len(set(term)) == len(term) for term in (x, kernel, y)):
                return cls(x, kernel, y, bool(x_before), bool(x_behind))
        raise ValueError(f"equation={equation!r}; expected one like 'abc,cd->abd', each axis once in a term")

    def spelled(self, axes: int) -> Self:
        """The same for an x of so many axes, with letters in place of the ellipsis."""
        spare = (letter for letter in ascii_letters if letter not in self.x + self.kernel + self.y)
        others = "".join(islice(spare, axes - len(self.x)))
        x, y = (others + term if self.before else term + others for term in (self.x, self.y))
        return type(self)(x, self.kernel, y)

    def lengths(
        self, output: Sequence[int | None], input_shape: Shape
    ) -> tuple[Mapping[str, int | None], Shape]:
        """The length of each axis by its letter, and of those that the ellipsis stands for.

        Args:
            output: Keras's ``output_shape``: y without the batch's axis and those of the ellipsis.

        Raises:
            ValueError: the shape or the output's lengths do not fit the equation.
        """
        elided = len(input_shape) - len(self.x)
        if elided < 0 or (elided and not (self.before or self.behind)):
            raise ValueError(f"shape {input_shape} has another number of axes than {self.x!r}")
        start = elided if self.before else 0
        end = start + len(self.x)
        lengths: dict[str, int | None] = dict(zip(self.x, input_shape[start:end], strict=True))
        # The batch's axis is the first of the ellipsis or, if that stands for none, of the letters.
        named = output if self.before and elided else [input_shape[0], *output]
        if len(named) != len(self.y):
            raise ValueError(f"output_shape {tuple(output)} does not fit the axes {self.y!r}")
        for letter, length in zip(self.y, named, strict=True):
            known = lengths.get(letter)
            if length is not None and known is not None and length != known:
                raise ValueError(f"axis {letter!r} is {known} long in the input and {length} in the output")
            lengths[letter] = known if length is None else length
        return lengths, input_shape[:start] + input_shape[end:]
