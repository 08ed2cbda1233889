"""maju: run any trained Keras model from scratch in NumPy, with no TensorFlow or Keras installed.

::

    import maju

    model = maju.load("model.keras")
    model.summary()
    y = model.predict(x)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maju.lazy import lazily

if TYPE_CHECKING:
    from maju import (
        augmentation,
        callbacks,
        constraints,
        datasets,
        errors,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        random,
        regularizers,
        schedules,
        visualize,
    )
    from maju.errors import (
        DataError,
        GradientError,
        InputError,
        MajuError,
        MissingExtraError,
        ModelFormatError,
        ModelKindError,
        NotFiniteError,
        UnsupportedModelError,
    )
    from maju.layers.registry import register, unregister
    from maju.models import (
        Classifier,
        CNNFromScratch,
        LSTMFromScratch,
        Model,
        RNNFromScratch,
        Sequential,
    )
    from maju.models.load import load
    from maju.models.naming import clear_session
    from maju.models.symbolic import Input
    from maju.random import set_random_seed

__version__ = "0.1.0"

__all__ = [
    "CNNFromScratch",
    "Classifier",
    "DataError",
    "GradientError",
    "Input",
    "InputError",
    "LSTMFromScratch",
    "MajuError",
    "MissingExtraError",
    "Model",
    "ModelFormatError",
    "ModelKindError",
    "NotFiniteError",
    "RNNFromScratch",
    "Sequential",
    "UnsupportedModelError",
    "__version__",
    "augmentation",
    "callbacks",
    "clear_session",
    "constraints",
    "datasets",
    "errors",
    "initializers",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "random",
    "register",
    "regularizers",
    "schedules",
    "set_random_seed",
    "unregister",
    "visualize",
]

#: In which module each name is that is not a module itself.
_HOMES = {
    **dict.fromkeys([name for name in __all__ if name.endswith("Error")], "maju.errors"),
    **dict.fromkeys(
        ["CNNFromScratch", "Classifier", "LSTMFromScratch", "RNNFromScratch"], "maju.models.classifier"
    ),
    **dict.fromkeys(["register", "unregister"], "maju.layers.registry"),
    "Input": "maju.models.symbolic",
    "Model": "maju.models.model",
    "Sequential": "maju.models.sequential",
    "clear_session": "maju.models.naming",
    "load": "maju.models.load",
    "set_random_seed": "maju.random",
}


def _home(name: str) -> str | None:
    return _HOMES.get(name, f"maju.{name}") if name in __all__ else None


__getattr__ = lazily(__name__, _home)


def __dir__() -> list[str]:
    return sorted(__all__)
