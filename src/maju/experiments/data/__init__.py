"""The data of an experiment, by name: the study's two data sets, and two small ones that need no download."""

from maju.experiments.data.choice import DATASETS, DataChoice, load
from maju.experiments.data.digits import digits
from maju.experiments.data.sentences import sentences

__all__ = ["DATASETS", "DataChoice", "digits", "load", "sentences"]
