"""The data sets of the study: CIFAR-10 and NusaX-Sentiment, found on this machine or downloaded.

A data set is looked for in the argument `data_dir`, or else in the folder that the environment variable
`MAJU_DATA_DIR` names and then in the user's cache, and is downloaded into the cache where neither holds it.
"""

from maju.datasets.dataset import Dataset, Split
from maju.datasets.load import cifar10, fetch, is_local, nusax
from maju.datasets.sources import NUSAX_LANGUAGES

__all__ = ["NUSAX_LANGUAGES", "Dataset", "Split", "cifar10", "fetch", "is_local", "nusax"]
