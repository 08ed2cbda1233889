"""The operations of `keras.ops` that stand in functional graphs: NumPy, one file a group."""

from maju.layers.operations.function import Function, find, known
from maju.layers.operations.operation import Operation

__all__ = ["Function", "Operation", "find", "known"]
