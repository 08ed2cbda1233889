"""Which tokens get an id: learned from texts, or read from the file that Keras keeps beside a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from maju.errors import ModelFormatError

__all__ = ["OOV", "learn_vocabulary", "read_lines", "read_vocabulary"]

#: The entry that stands for every token that the vocabulary does not have.
OOV = b"[UNK]"
#: The entry that stands for padding, and for an empty token.
PADDING = b""


def learn_vocabulary(tokens: Iterable[bytes], size: int | None = None) -> list[bytes]:
    """The most frequent tokens: falling count, and falling bytes among those that are equally frequent.

    Args:
        tokens: every token, as often as it occurs. Those that stand for padding and for unknown tokens
            do not count.
        size: how many to keep; None for all.
    """
    counts = Counter(tokens)
    for special in (PADDING, OOV):
        counts.pop(special, None)
    ranked = sorted(counts, key=lambda token: (counts[token], token), reverse=True)
    return ranked[:size]


def read_vocabulary(content: bytes, size: int | None = None) -> list[str]:
    r"""The tokens in a ``vocabulary.txt`` of Keras, one a line.

    Keras itself reads the file back with `str.splitlines`, which also breaks lines at U+2028, form feeds
    and the like, and then gives every token after such a one the wrong id. Here a line ends at ``\n`` alone.
    No token but the first can be empty, so two empty lines in a row are the token ``"\n"``.

    Args:
        content: what the file holds.
        size: how many tokens the model's configuration says there are, if it does.

    Raises:
        ModelFormatError: the file does not hold so many tokens, or is no text.
    """
    text = _decode(content)
    if text.count("\n") == text.count("\r\n"):  # written on Windows
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    tokens = lines[:1]
    at = 1
    while at < len(lines):
        if lines[at]:
            tokens.append(lines[at])
            at += 1
        elif lines[at + 1 : at + 2] == [""]:
            tokens.append("\n")
            at += 2
        elif at + 1 == len(lines):
            break  # the file ends with a line end
        else:
            raise ModelFormatError(f"line {at + 1} of the vocabulary file is empty: the file is damaged")
    if size not in (None, len(tokens)):
        raise ModelFormatError(
            f"the vocabulary file holds {len(tokens)} tokens, the model's configuration says {size}"
        )
    return tokens


def read_lines(content: bytes, size: int | None = None) -> list[str]:
    r"""The tokens in a vocabulary file, one a line, any of which may be empty; a line ends at ``\n`` alone.

    Raises:
        ModelFormatError: the file does not hold `size` tokens, or is no text.
    """
    text = _decode(content)
    if text.count("\n") == text.count("\r\n"):  # written on Windows
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if size not in (None, len(lines)):
        raise ModelFormatError(
            f"the vocabulary file holds {len(lines)} tokens, the model's configuration says {size}"
        )
    return lines


def _decode(content: bytes) -> str:
    """The text in UTF-8, or in the encoding that Python on Windows writes by default."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ModelFormatError("the vocabulary file is neither in UTF-8 nor in Windows-1252")
