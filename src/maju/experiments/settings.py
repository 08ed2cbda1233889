"""What every part of a configuration is: checked as it is made, and unchanged after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Count", "Positive", "Rate", "Settings", "listed", "repeated"]

Count = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

#: A TOML or JSON file has lists where these settings have tuples.
listed = Field(strict=False)


class Settings(BaseModel):
    """A part of a configuration: an unknown key is an error, and so is a value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def repeated(names: Iterable[str]) -> list[str]:
    """The names that come more than once, in the order of the alphabet."""
    return sorted(name for name, count in Counter(names).items() if count > 1)
