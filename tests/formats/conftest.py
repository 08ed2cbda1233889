from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from formats.samples import SAMPLES


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Where Keras saved a sample, under a suffix; the file is not to be changed."""
    folder = tmp_path_factory.mktemp("saved")

    def path(name: str, suffix: str = ".keras") -> Path:
        file = folder / f"{name.replace(' ', '-')}{suffix}"
        if not file.exists():
            model = SAMPLES[name].keras_model
            model.save_weights(file) if suffix == ".weights.h5" else model.save(file)
        return file

    return path
