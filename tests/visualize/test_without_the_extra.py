"""The numbers need NumPy alone; pictures say what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from visualize.fixtures import Pairs

CODE = """
import sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("matplotlib", "sklearn", "PIL"):
            raise ImportError(f"{{name}} is kept out by this test")

sys.meta_path.insert(0, Without())
import numpy as np, maju
from maju import visualize

model = maju.load({path!r})
x = np.random.default_rng(0).random((2, 12, 10, 3))
assert visualize.grad_cam(model, x).map.shape == (4, 3)
assert visualize.integrated_gradients(model, x, steps=2).values.shape == (12, 10, 3)
assert visualize.feature_maps(model, x).maps.shape == (6, 12, 10)
assert visualize.graph(model).boxes
assert visualize.confusion([0, 1], [1, 1]).tolist() == [[0, 1], [0, 1]]
for draw in (visualize.plot_graph, visualize.plot_filters, lambda m: visualize.embeddings(m, x, "last")):
    try:
        draw(model)
    except maju.MissingExtraError as error:
        print(error)
"""


def test_without_the_extra(pairs: Pairs, tmp_path: Path) -> None:
    pairs["image_classifier"].keras.save(tmp_path / "model.keras")
    code = CODE.format(path=str(tmp_path / "model.keras"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    drawing, also, embedding = done.stdout.splitlines()
    assert drawing == also == "maju.visualize needs more than maju's core: pip install 'maju[visualize]'"
    assert embedding == "drawing embeddings needs more than maju's core: pip install 'maju[visualize]'"
