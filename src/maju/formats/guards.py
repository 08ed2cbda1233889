"""Limits that keep a hostile or damaged file from costing more than its size."""

from __future__ import annotations

import json
from typing import Any

from maju.errors import ModelFormatError

__all__ = ["MAX_CONFIG_BYTES", "MAX_DEPTH", "MAX_RATIO", "parse_json"]

#: No architecture is larger: the largest of keras.applications takes under 1 MB.
MAX_CONFIG_BYTES = 256 << 20
#: How deep models and wrappers may be nested.
MAX_DEPTH = 32
#: How many times larger than its stored bytes an array may become (gzip's own limit is about 1,000).
MAX_RATIO = 1100


def parse_json(data: bytes | str, what: str) -> Any:
    """Parse JSON from a file; `what` names it in messages."""
    if len(data) > MAX_CONFIG_BYTES:
        raise ModelFormatError(f"{what}: {len(data):,} bytes of JSON; the limit is {MAX_CONFIG_BYTES:,}")
    try:
        return json.loads(data)
    except RecursionError:
        raise ModelFormatError(f"{what}: nested too deeply") from None
    except ValueError as error:  # also a UnicodeDecodeError
        raise ModelFormatError(f"{what}: not valid JSON ({error})") from None
