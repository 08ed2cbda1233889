"""maju: run any trained Keras model from scratch in NumPy, with no TensorFlow or Keras installed.

::

    import maju

    model = maju.load("model.keras")
    model.summary()
    y = model.predict(x)
"""

from maju import datasets, errors, layers, models
from maju.errors import (
    DataError,
    GradientError,
    InputError,
    MajuError,
    MissingExtraError,
    ModelFormatError,
    ModelKindError,
    UnsupportedModelError,
)
from maju.layers.registry import register, unregister
from maju.models import Classifier, CNNFromScratch, LSTMFromScratch, Model, RNNFromScratch, load

__version__ = "0.1.0"

__all__ = [
    "CNNFromScratch",
    "Classifier",
    "DataError",
    "GradientError",
    "InputError",
    "LSTMFromScratch",
    "MajuError",
    "MissingExtraError",
    "Model",
    "ModelFormatError",
    "ModelKindError",
    "RNNFromScratch",
    "UnsupportedModelError",
    "__version__",
    "datasets",
    "errors",
    "layers",
    "load",
    "models",
    "register",
    "unregister",
]
