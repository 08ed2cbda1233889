"""How single output values come about: a function for each kind of layer, beside the layer's formula."""

from maju.explore.workings import (  # noqa: F401 - each makes its layers known
    convolution,
    dense,
    embedding,
    functions,
    merging,
    moving,
    normalization,
    pooling,
    recurrent,
    text,
)
from maju.explore.workings.working import Place, Working, explanation_of, work_out

__all__ = ["Place", "Working", "explanation_of", "work_out"]
