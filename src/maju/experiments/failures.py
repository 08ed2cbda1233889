"""What is said about a row that fails."""

from __future__ import annotations

import re
import textwrap

from maju.errors import MajuError

__all__ = ["one_line"]


def one_line(error: BaseException) -> str:
    """An error in one line of at most 300 characters; TensorFlow's can fill pages."""
    text = str(error) if isinstance(error, MajuError) else f"{type(error).__name__}: {error}"
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)  # Keras writes some words in bold
    return textwrap.shorten(plain, 300, placeholder=" …")
