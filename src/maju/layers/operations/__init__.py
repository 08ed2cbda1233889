"""The operations of `keras.ops` that stand in functional graphs: NumPy, one file a group."""

from maju.layers.operations import (
    activation_functions,
    arithmetic,
    comparison,
    convolutions,
    elementary,
    images,
    indexing,
    joining,
    linear_algebra,
    losses,
    normalization,
    products,
    reductions,
    shapes,
    sorting,
    spectra,
    types_and_constants,
    warping,
)
from maju.layers.operations.function import Function, find, known
from maju.layers.operations.operation import Operation

__all__ = [
    "Function",
    "Operation",
    "activation_functions",
    "arithmetic",
    "comparison",
    "convolutions",
    "elementary",
    "find",
    "images",
    "indexing",
    "joining",
    "known",
    "linear_algebra",
    "losses",
    "normalization",
    "products",
    "reductions",
    "shapes",
    "sorting",
    "spectra",
    "types_and_constants",
    "warping",
]
