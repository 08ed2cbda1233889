"""What maju imports, and what it can do without."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import maju

#: Before the code under test: every import but those of the standard library and of these packages fails.
ONLY = """
import sys

class Only:
    allowed = {{*sys.stdlib_module_names, "maju", {names}}}
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        # NumPy and h5py try to import some packages that they can do without.
        if top not in self.allowed and not top.startswith(("_", "numpy", "__editable__")):
            raise ImportError(f"{{name}} is kept out by this test")

sys.meta_path.insert(0, Only())
"""
HEAVY = ("tensorflow", "keras", "tf_keras", "torch", "jax", "scipy", "sklearn", "pandas", "matplotlib")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model with text inside, and Keras's predictions."""
    from keras import Input, Sequential, layers

    folder = tmp_path_factory.mktemp("imports")
    words = layers.TextVectorization(vocabulary=["satu", "dua", "tiga"], output_sequence_length=4)
    half = layers.Bidirectional(layers.LSTM(3))
    head = layers.Dense(2, activation="softmax")
    model = Sequential([Input((), dtype="string"), words, layers.Embedding(5, 4, mask_zero=True), half, head])
    model.save(folder / "model.keras")
    import tensorflow as tf

    np.save(folder / "keras.npy", model.predict(tf.constant(["satu dua", "tiga"]), verbose=0))
    return folder / "model.keras", folder / "keras.npy"


def test_importing_maju_imports_numpy_alone() -> None:
    code = "import sys, maju; print(*{name.partition('.')[0] for name in sys.modules})"
    found = set(run(code).split())
    extra = {name for name in found - set(sys.stdlib_module_names) if not name.startswith("_")}
    assert {name for name in extra if "editable" not in name} <= {"maju", "numpy"}


def test_predicting_never_imports_tensorflow_or_keras(saved: tuple[Path, Path]) -> None:
    code = f"""
import sys, numpy as np, maju
p = maju.LSTMFromScratch().load_keras_model({str(saved[0])!r}).predict_proba(["satu dua", "tiga"])
assert np.abs(p - np.load({str(saved[1])!r})).max() <= 1e-6
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    assert run(code).strip() == "[]"


def test_numpy_and_h5py_are_enough(saved: tuple[Path, Path], tmp_path: Path) -> None:
    code = f"""
{ONLY.format(names='"numpy", "h5py"')}
import numpy as np, maju
model = maju.load({str(saved[0])!r})
p = model.predict(["satu dua", "tiga"])
assert np.abs(p - np.load({str(saved[1])!r})).max() <= 1e-6
for name in ("copy.keras", "copy.h5"):
    model.save({str(tmp_path)!r} + "/" + name)
    assert (maju.load({str(tmp_path)!r} + "/" + name).predict(["satu dua", "tiga"]) == p).all()
try:
    model.save({str(tmp_path)!r} + "/copy.safetensors")
except maju.MissingExtraError as error:
    print(error)
"""
    assert run(code).strip() == (
        "saving as .safetensors needs more than maju's core: pip install 'maju[safetensors]'"
    )


def test_the_public_names_are_there() -> None:
    assert [name for name in maju.__all__ if not hasattr(maju, name)] == []
    assert sorted(maju.__all__) == sorted(set(maju.__all__))


@pytest.mark.parametrize("package", ["maju", "maju.layers", "maju.models"])
def test_names_that_are_imported_late_are_those_that_editors_see(package: str) -> None:
    """A new process asks for each, so that no import of another test has put it there."""
    tree = ast.parse(Path(importlib.import_module(package).__file__ or "").read_text())
    late = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    seen = {
        alias.name: node.module
        for block in late
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    code = f"""
import importlib
package, seen = importlib.import_module({package!r}), {seen!r}
here = {{name: getattr(package, name) for name in seen}}
for name, module in seen.items():
    there = importlib.import_module(module)
    expected = getattr(there, name) if module != {package!r} else importlib.import_module(module + "." + name)
    assert here[name] is expected, name
assert set(seen) >= {{name for name in package.__all__ if not name.startswith("__")}}
assert set(package.__all__) <= set(dir(package))
try:
    package.nothing_of_that_name
except AttributeError as error:
    print(error)
"""
    assert run(code).strip() == f"module {package!r} has no attribute 'nothing_of_that_name'"
    assert seen


def test_every_layer_is_public() -> None:
    registered = {cls.__name__ for cls in maju.layers.registry.known().values()}
    assert registered <= set(maju.layers.__all__)


def test_every_operation_is_where_a_start_looks_for_it() -> None:
    from maju.layers.operations import function, homes, known

    assert known().keys() == homes.HOMES.keys()
    for name, home in homes.HOMES.items():
        assert known()[name].forward.__module__ == f"maju.layers.operations.{home}", name
    assert vars(function)["_functions"].keys() == homes.HOMES.keys()
