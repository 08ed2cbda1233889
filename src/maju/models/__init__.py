"""Models: graphs of layers, and the three classifiers of the study."""

from maju.models.classifier import Classifier, CNNFromScratch, LSTMFromScratch, RNNFromScratch
from maju.models.load import load
from maju.models.model import Model
from maju.models.sequential import Sequential

__all__ = ["CNNFromScratch", "Classifier", "LSTMFromScratch", "Model", "RNNFromScratch", "Sequential", "load"]
