"""The models that can be opened: the user's file, the demo's, the tiny ones, and what was dropped."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maju.errors import InputError
from maju.explore.demo import SENTENCE_CLASSES, TINY
from maju.explore.shapes import SHAPES
from maju.formats.guards import shorten
from maju.models import Model
from maju.models.load import load

__all__ = ["Entry", "Shelf", "demo_models"]

#: How many dropped files stay open; one more closes the one that was looked at longest ago.
MOST_DROPPED = 4
#: The names of the classes of the data that the demo's models are trained on.
CLASSES = {
    "CIFAR-10": (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    "NusaX-Sentiment": SENTENCE_CLASSES,
}


@dataclass
class Entry:
    """A model that can be opened.

    Attributes:
        key: what the page calls it.
        title: what the user reads.
        origin: "file", "demo", "tiny" or "dropped".
        make: what opens it.
        path: its file, where Keras may open that itself.
        classes: the classes' names; None where they are not known.
    """

    key: str
    title: str
    origin: str
    make: Callable[[], Model]
    path: Path | None = None
    classes: Sequence[str] | None = None
    model: Model | None = None


class Shelf:
    """The models of one server; each is opened when it is first asked for, and then kept.

    Args:
        files: the user's own model files.
        demo: those that `maju demo` wrote.
        labels: the names of the classes of the user's models.
    """

    def __init__(
        self, files: Iterable[Path] = (), demo: Iterable[Path] = (), labels: Sequence[str] | None = None
    ) -> None:
        self.lock = threading.RLock()
        self.entries: OrderedDict[str, Entry] = OrderedDict()
        self.dropped = 0
        for place, path in enumerate(files):
            self._add(_of_file(f"file-{place}", path, "file", labels))
        for path in demo:
            self._add(_of_file(f"demo-{path.stem}", path, "demo", _classes_beside(path)))
        for name, make in TINY.items():
            names = SHAPES if name == "tiny-cnn" else SENTENCE_CLASSES
            self._add(Entry(name, name, "tiny", make, classes=names))

    def _add(self, entry: Entry) -> None:
        self.entries[entry.key] = entry

    @property
    def all(self) -> list[Entry]:
        """The models in their order."""
        with self.lock:
            return list(self.entries.values())

    @property
    def first(self) -> str:
        """The model that is shown first."""
        return next(iter(self.entries))

    def entry(self, key: Any) -> Entry:
        """The model of that key, opened.

        Raises:
            InputError: there is none, or it has been closed.
            MajuError: it cannot be opened.
        """
        with self.lock:
            found = self.entries.get(str(key))
            if found is None:
                raise InputError("this model is no longer open; choose it, or drop its file, again")
            if found.model is None:
                found.model = found.make()
            return found

    def drop(self, name: str, content: Path) -> Entry:
        """Open a file that was dropped on the page, which may go afterwards: all of it is in memory then.

        Args:
            name: what the user's file is called; its end says nothing.
        """
        model = load(content)
        with self.lock:
            self.dropped += 1
            entry = Entry(f"dropped-{self.dropped}", shorten(name, 80), "dropped", lambda: model, model=model)
            self._add(entry)
            old = [each.key for each in self.entries.values() if each.origin == "dropped"]
            for key in old[:-MOST_DROPPED]:
                del self.entries[key]
        return entry


def _of_file(key: str, path: Path, origin: str, classes: Sequence[str] | None) -> Entry:
    return Entry(key, path.name, origin, lambda: load(path), path, classes)


def demo_models(folder: Path) -> list[Path]:
    """The models that `maju demo` left in a folder."""
    return sorted(path for path in folder.glob("*.keras") if ".epoch-" not in path.name)


def _classes_beside(path: Path) -> Sequence[str] | None:
    """The names of a demo's classes, by what its result says of its data."""
    try:
        result = json.loads(path.with_suffix(".result.json").read_text("utf-8"))
        data = result["experiment"]["data"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    names = {
        "cifar10": CLASSES["CIFAR-10"],
        "digits": tuple("0123456789"),
        "sentences": SENTENCE_CLASSES,
    }
    return SENTENCE_CLASSES if str(data).startswith("nusax") else names.get(data)
