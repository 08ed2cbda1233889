"""Whether a training step can fit into memory at all, told before it starts."""

from __future__ import annotations

import math
import os
from pathlib import Path

from maju.errors import InputError
from maju.models.model import Model

__all__ = ["available_memory", "least_memory", "refuse_too_large"]

#: Layers whose output is their input in another shape, which takes no memory of its own.
VIEWS = ("Flatten", "InputLayer", "Reshape")


def refuse_too_large(model: Model, rows: int) -> None:
    """Raise InputError where a batch of so many rows needs more memory than the machine has left.

    What is needed at the least is compared, so that nothing is refused that would fit; more may still turn
    out to be too much.
    """
    free = available_memory()
    needed = least_memory(model, rows)
    if free is None or needed <= free:
        return
    own = least_memory(model, 0)
    fitting = int((free - own) / max(needed - own, 1) * rows / 2)  # gradients come on top
    way_out = (
        f"batch_size={fitting} may fit" if fitting > 0 else "the model itself is too large to train here"
    )
    raise InputError(
        f"training on batches of {rows:,} rows takes at least {needed / 1e9:.1f} GB of memory, and "
        f"{free / 1e9:.1f} GB are left; {way_out}"
    )


def least_memory(model: Model, rows: int) -> int:
    """The bytes that weights, their gradients and what the layers give for a batch take together."""
    size = max((weight.itemsize for weight in model.weights.values()), default=4)
    values = 0
    for ref, shape in model.shapes.items():
        if shape is None or model.nodes[ref.layer].keras_class in VIEWS or None in shape[1:]:
            continue  # of a length that is not known, or that the input tells
        values += math.prod(n for n in shape[1:] if n is not None)
    trained = sum(weight.nbytes for weight in model.trainable_weights.values())
    return rows * values * size + 2 * trained


def available_memory() -> int | None:
    """The bytes that the system could still give, as far as it or a container says; None if neither does."""
    found = []
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    except (OSError, ValueError):
        pass
    if not found:
        try:
            found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        except (AttributeError, OSError, ValueError):
            return None
    try:
        folder = Path("/sys/fs/cgroup")
        limit = int((folder / "memory.max").read_text(encoding="ascii"))
        found.append(limit - int((folder / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError):
        pass  # no container, or one without a limit
    return max(min(found), 0)
