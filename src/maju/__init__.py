"""maju: run any trained Keras model from scratch in NumPy, with no TensorFlow or Keras installed.

::

    import maju

    model = maju.load("model.keras")
    model.summary()
    y = model.predict(x)
"""

from maju import (
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
from maju.models import Classifier, CNNFromScratch, LSTMFromScratch, Model, RNNFromScratch, Sequential, load
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
]
