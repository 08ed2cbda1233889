"""The operations of `keras.ops` that stand in functional graphs: NumPy, one file a group."""

from maju.layers.operations import (
    activation_functions,
    arithmetic,
    comparison,
    elementary,
    indexing,
    joining,
    linear_algebra,
    normalization,
    products,
    reductions,
    shapes,
    sorting,
    types_and_constants,
)
from maju.layers.operations.function import Function, find, known
from maju.layers.operations.operation import Operation

__all__ = [
    "Function",
    "Operation",
    "activation_functions",
    "arithmetic",
    "comparison",
    "elementary",
    "find",
    "indexing",
    "joining",
    "known",
    "linear_algebra",
    "normalization",
    "products",
    "reductions",
    "shapes",
    "sorting",
    "types_and_constants",
]
