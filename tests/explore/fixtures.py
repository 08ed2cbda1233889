"""Small models with drawn weights, as the tests of the page open them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from playwright.sync_api import Page

import maju
from maju import layers
from maju.explore.app import application
from maju.explore.session import Session
from maju.layers.base import Array

__all__ = ["WORDS", "Seen", "Served", "cnn", "drawn", "image", "lstm", "serving"]

WORDS = ["makanannya", "enak", "sekali", "dan", "pelayanannya", "ramah", "mahal", "kotor", "saya", "tidak"]


def drawn(model: Any, seed: int = 0) -> Any:
    """The model with asymmetric weights."""
    rng = np.random.default_rng(seed)
    for name, weight in model.weights.items():
        if weight.dtype.kind == "f":
            weight[...] = rng.normal(0, 0.6, weight.shape)
        if name.endswith("variance"):
            weight[...] = rng.random(weight.shape) + 0.3
    return model


def cnn() -> Any:
    """Images of 12 × 10 in colour."""
    return drawn(
        maju.Sequential(
            [
                maju.Input((12, 10, 3), name="image"),
                layers.Rescaling(1 / 255, name="rescaling"),
                layers.Conv2D(5, 3, padding="same", activation="relu", name="conv"),
                layers.MaxPooling2D(2, name="pool"),
                layers.Dropout(0.2, name="dropout"),
                layers.Flatten(name="flatten"),
                layers.Dense(4, activation="softmax", name="classes"),
            ],
            name="cnn",
        )
    )


def lstm() -> Any:
    """Sentences of up to 9 words."""
    return drawn(
        maju.Sequential(
            [
                maju.Input((), dtype="string", name="text"),
                layers.TextVectorization(output_sequence_length=9, vocabulary=WORDS, name="words"),
                layers.Embedding(len(WORDS) + 2, 5, mask_zero=True, name="embedding"),
                layers.LSTM(6, name="lstm"),
                layers.Dense(3, activation="softmax", name="classes"),
            ],
            name="lstm",
        )
    )


def image(*shape: int, seed: int = 0) -> Array:
    """Numbers from 0 to 1."""
    return np.random.default_rng(seed).random(shape).astype(np.float32)


@contextmanager
def serving(session: Session, folder: Path) -> Iterator[str]:
    """Serve the page of a session, and give its address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(application(session, folder), log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)
    listening.close()


@dataclass(frozen=True)
class Served:
    """A server of the page: its address, and the folder where dropped files lie while they are opened."""

    address: str
    folder: Path


@dataclass
class Seen:
    """The page in a browser, what its console said, and what it asked for."""

    page: Page
    said: list[str]
    asked: list[str] = field(default_factory=list)
