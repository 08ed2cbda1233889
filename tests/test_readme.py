"""What the README shows works when it is pasted, in order, after `make demo`."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from maju.layers import activations, registry

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def after_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the README's examples open, made by Keras."""
    from keras import Input, Sequential, layers

    folder = tmp_path_factory.mktemp("readme")
    (folder / "maju-demo").mkdir()
    words = layers.TextVectorization(max_tokens=50, output_sequence_length=8)
    words.adapt(["makanannya enak", "pelayanannya ramah", "mahal dan tempatnya kotor"])
    embedding = layers.Embedding(50, 6, mask_zero=True)
    head = layers.Dense(3, activation="softmax")
    model = Sequential([Input((), dtype="string"), words, embedding, layers.LSTM(4), head])
    model.save(folder / "maju-demo" / "lstm.keras")
    return folder


GUIDE = ["getting-started", "layers", "models", "custom-layers", "training", "engine", "visualize"]
PAGES = ["README.md", "README.id.md", *(f"docs/{page}.md" for page in GUIDE)]


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page: str, after_demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(after_demo)
    examples = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    monkeypatch.setattr(registry, "_registered", {})  # what the examples register
    monkeypatch.setattr(activations, "_REGISTERED", {})
    names = {"__name__": "__main__", "np": np}
    for example in examples:
        exec(compile(example, page, "exec"), names)


@pytest.mark.parametrize("page", ["README.md", "README.id.md"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_study_in_the_guide_loads_and_a_broken_one_is_told_as_it_says(tmp_path: Path) -> None:
    from maju.errors import ExperimentError
    from maju.experiments.study import load_study

    page = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "my-study.toml"
    path.write_text(example)
    study = load_study(path)
    assert [row.model.dropout for row in study.rows] == [0.0, 0.5]
    assert [len(row.experiments()) for row in study.rows] == [1, 3]
    path.write_text(example.replace("0.5\nseeds", "1.5\nseeds"))
    with pytest.raises(ExperimentError) as caught:
        load_study(path)
    assert f"error: {str(caught.value).removeprefix(f'{tmp_path}/')}\n" in page
