"""Models: graphs of layers, and the three classifiers of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maju.lazy import lazily

if TYPE_CHECKING:
    from maju.models.classifier import Classifier, CNNFromScratch, LSTMFromScratch, RNNFromScratch
    from maju.models.model import Model
    from maju.models.sequential import Sequential

__all__ = ["CNNFromScratch", "Classifier", "LSTMFromScratch", "Model", "RNNFromScratch", "Sequential"]


def _home(name: str) -> str | None:
    if name not in __all__:
        return None
    return f"maju.models.{name.lower() if name in ('Model', 'Sequential') else 'classifier'}"


__getattr__ = lazily(__name__, _home)
