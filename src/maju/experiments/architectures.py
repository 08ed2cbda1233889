"""The networks of the study, as plain settings that build a Keras model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from maju.datasets import Dataset
from maju.experiments.checks import require_choice, require_positive, require_share
from maju.models import Classifier, CNNFromScratch, LSTMFromScratch, RNNFromScratch

__all__ = ["Architecture", "ConvolutionalNetwork", "RecurrentNetwork"]


@dataclass(frozen=True)
class ConvolutionalNetwork:
    """Images (height, width, channels), 0 to 255, to classes: blocks of convolutions, then dense layers.

    Args:
        blocks: the filters of each convolution, block by block; a 2x2 pool ends each block.
        kernel_size: the side of every kernel.
        pooling: which pool.
        dense: the units of the dense layer before the last.
        dropout: the rate before that layer; 0 leaves it out.
    """

    blocks: tuple[tuple[int, ...], ...]
    kernel_size: int = 3
    pooling: Literal["max", "average"] = "max"
    dense: int = 128
    dropout: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(tuple(block) for block in self.blocks))  # JSON has lists
        require_positive(self, "kernel_size", "dense", "filters")
        require_share(self, "dropout")
        require_choice(self, "pooling", ("max", "average"))

    @property
    def filters(self) -> tuple[int, ...]:
        """The filters of every convolution; 0 for a block that has none."""
        return tuple(filters for block in self.blocks for filters in block or (0,))

    @property
    def from_scratch(self) -> type[Classifier]:
        """The class that opens the saved model."""
        return CNNFromScratch

    def build(self, dataset: Dataset) -> Any:
        """Build the Keras model for a data set."""
        from keras import Input, Sequential, layers

        pool = layers.MaxPooling2D if self.pooling == "max" else layers.AveragePooling2D
        # Scaling inside the model lets the saved file take images as they are.
        stack = [Input(dataset.train.x.shape[1:]), layers.Rescaling(1 / 255)]
        for block in self.blocks:
            for filters in block:
                stack.append(layers.Conv2D(filters, self.kernel_size, padding="same", activation="relu"))
            stack.append(pool(2))
        stack.append(layers.Flatten())
        if self.dropout:
            stack.append(layers.Dropout(self.dropout))
        stack += [
            layers.Dense(self.dense, activation="relu"),
            layers.Dense(len(dataset.classes), activation="softmax"),
        ]
        return Sequential(stack)


@dataclass(frozen=True)
class RecurrentNetwork:
    """Texts to classes: a vocabulary, an embedding, recurrent layers, then dense layers.

    Args:
        cell: the Keras class of the recurrent layers.
        units: the units of each.
        bidirectional: whether each reads the text both ways.
        masked: whether the padding after a text is passed over.
        max_tokens: the size of the vocabulary, padding and unknown words included.
        sequence_length: where a text is cut, or padded to.
        embedding_dim: the numbers that stand for a word.
        dropout: the rate after each recurrent layer.
        dense: the units of the dense layer before the last.
        dense_dropout: the rate after that layer.
    """

    cell: Literal["SimpleRNN", "LSTM", "GRU"]
    units: tuple[int, ...]
    bidirectional: bool = False
    masked: bool = True
    max_tokens: int = 10_000
    sequence_length: int = 100
    embedding_dim: int = 128
    dropout: float = 0.3
    dense: int = 32
    dense_dropout: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", tuple(self.units))
        require_choice(self, "cell", ("SimpleRNN", "LSTM", "GRU"))
        require_positive(self, "units", "max_tokens", "sequence_length", "embedding_dim", "dense")
        require_share(self, "dropout", "dense_dropout")

    @property
    def from_scratch(self) -> type[Classifier]:
        """The class that opens the saved model."""
        return LSTMFromScratch if self.cell == "LSTM" else RNNFromScratch

    def build(self, dataset: Dataset) -> Any:
        """Build the Keras model for a data set, whose training texts give it its vocabulary."""
        from keras import Input, Sequential, layers

        # Inside the model, the vocabulary is saved with it, and the saved file takes texts as they are.
        words = layers.TextVectorization(
            max_tokens=self.max_tokens, output_sequence_length=self.sequence_length
        )
        words.adapt(dataset.train.x)
        # Without a mask the net reads, after a text of 20 words, 80 steps of padding: what it knew of the
        # text fades, and it gives every text the same class.
        embedding = layers.Embedding(self.max_tokens, self.embedding_dim, mask_zero=self.masked)
        stack = [Input((), dtype="string"), words, embedding]
        for depth, units in enumerate(self.units, start=1):
            layer = getattr(layers, self.cell)(units, return_sequences=depth < len(self.units))
            stack += [
                layers.Bidirectional(layer) if self.bidirectional else layer,
                layers.Dropout(self.dropout),
            ]
        stack += [
            layers.Dense(self.dense, activation="relu"),
            layers.Dropout(self.dense_dropout),
            layers.Dense(len(dataset.classes), activation="softmax"),
        ]
        return Sequential(stack)


Architecture = ConvolutionalNetwork | RecurrentNetwork
