"""The networks of the study, as plain settings that build a model, by Keras or by maju."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from maju.datasets import Dataset
from maju.experiments.settings import Count, Rate, Settings, listed
from maju.models import Classifier, CNNFromScratch, LSTMFromScratch, RNNFromScratch
from maju.text import TextVectorizer

__all__ = ["Architecture", "ConvolutionalNetwork", "RecurrentNetwork"]

Block = Annotated[tuple[Count, ...], Field(min_length=1, strict=False)]


class ConvolutionalNetwork(Settings):
    """Images (height, width, channels), 0 to 255, to classes: blocks of convolutions, then dense layers.

    Attributes:
        blocks: the filters of each convolution, block by block; a 2x2 pool ends each block.
        kernel_size: the side of every kernel.
        pooling: which pool.
        batch_normalization: whether each convolution is normalized before its ReLU.
        block_dropout: the rate after each block; 0 leaves it out.
        global_pooling: whether the mean of each map goes to the dense layers, and not every pixel of it.
        dense: the units of the dense layers before the last.
        dropout: the rate before those layers; 0 leaves it out.
    """

    kind: Literal["convolutional"] = "convolutional"
    blocks: Annotated[tuple[Block, ...], Field(min_length=1, strict=False)]
    kernel_size: Count = 3
    pooling: Literal["max", "average"] = "max"
    batch_normalization: bool = False
    block_dropout: Rate = 0.0
    global_pooling: bool = False
    dense: Annotated[tuple[Count, ...], listed] = (128,)
    dropout: Rate = 0.0

    @property
    def from_scratch(self) -> type[Classifier]:
        """The class that opens the saved model."""
        return CNNFromScratch

    def build(self, dataset: Dataset, package: Any) -> Any:
        """Build the model for a data set.

        Args:
            package: `keras` or `maju`, which spell what is used here alike.
        """
        layers = package.layers
        pool = layers.MaxPooling2D if self.pooling == "max" else layers.AveragePooling2D
        # Scaling inside the model lets the saved file take images as they are.
        stack = [package.Input(dataset.train.x.shape[1:]), layers.Rescaling(1 / 255)]
        for block in self.blocks:
            for filters in block:
                if self.batch_normalization:
                    # The normalization's own beta makes a bias before it idle.
                    stack += [
                        layers.Conv2D(filters, self.kernel_size, padding="same", use_bias=False),
                        layers.BatchNormalization(),
                        layers.Activation("relu"),
                    ]
                else:
                    stack.append(layers.Conv2D(filters, self.kernel_size, padding="same", activation="relu"))
            stack.append(pool(2))
            if self.block_dropout:
                stack.append(layers.Dropout(self.block_dropout))
        stack.append(layers.GlobalAveragePooling2D() if self.global_pooling else layers.Flatten())
        if self.dropout:
            stack.append(layers.Dropout(self.dropout))
        stack += [layers.Dense(units, activation="relu") for units in self.dense]
        stack.append(layers.Dense(len(dataset.classes), activation="softmax"))
        return package.Sequential(stack)


class RecurrentNetwork(Settings):
    """Texts to classes: a vocabulary, an embedding, recurrent layers, then dense layers.

    Attributes:
        cell: the Keras class of the recurrent layers.
        units: the units of each recurrent layer.
        bidirectional: whether each reads the text both ways.
        mask_zero: whether the padding after a text is passed over.
        max_tokens: the size of the vocabulary, padding and unknown words included.
        output_sequence_length: where a text is cut, or padded to.
        embedding_dim: the numbers that stand for a word.
        embedding_dropout: the rate after the embedding; 0 leaves it out.
        dropout: the rate after each recurrent layer.
        pooling: what goes on from the last recurrent layer: its last output, or the mean of its outputs.
        dense: the units of the dense layers before the last.
        dense_dropout: the rate after each of those.
    """

    kind: Literal["recurrent"] = "recurrent"
    cell: Literal["SimpleRNN", "LSTM", "GRU"]
    units: Annotated[tuple[Count, ...], Field(min_length=1, strict=False)]
    bidirectional: bool = False
    mask_zero: bool = True
    max_tokens: Annotated[int, Field(ge=3)] = 10_000  # padding, unknown, and a word
    output_sequence_length: Count = 100
    embedding_dim: Count = 128
    embedding_dropout: Rate = 0.0
    dropout: Rate = 0.3
    pooling: Literal["last", "average"] = "last"
    dense: Annotated[tuple[Count, ...], listed] = (32,)
    dense_dropout: Rate = 0.5

    @property
    def from_scratch(self) -> type[Classifier]:
        """The class that opens the saved model."""
        return LSTMFromScratch if self.cell == "LSTM" else RNNFromScratch

    def build(self, dataset: Dataset, package: Any) -> Any:
        """Build the model for a data set, whose training texts give it its vocabulary.

        Args:
            package: `keras` or `maju`, which spell what is used here alike.
        """
        layers = package.layers
        learned = TextVectorizer(self.max_tokens)  # what the `adapt` of Keras's layer learns too
        learned.adapt(dataset.train.x)
        # Inside the model, the vocabulary is saved with it, and the saved file takes texts as they are.
        words = layers.TextVectorization(
            max_tokens=self.max_tokens,
            output_sequence_length=self.output_sequence_length,
            vocabulary=learned.vocabulary,
        )
        # Without a mask the net reads, after a text of 20 words, 80 steps of padding: what it knew of the
        # text fades, and it gives every text the same class.
        embedding = layers.Embedding(self.max_tokens, self.embedding_dim, mask_zero=self.mask_zero)
        stack = [package.Input((), dtype="string"), words, embedding]
        if self.embedding_dropout:
            stack.append(layers.Dropout(self.embedding_dropout))
        for depth, units in enumerate(self.units, start=1):
            last = depth == len(self.units)
            layer = getattr(layers, self.cell)(units, return_sequences=not last or self.pooling != "last")
            stack.append(layers.Bidirectional(layer) if self.bidirectional else layer)
            if last and self.pooling == "average":
                stack.append(layers.GlobalAveragePooling1D())
            stack.append(layers.Dropout(self.dropout))
        for units in self.dense:
            stack += [layers.Dense(units, activation="relu"), layers.Dropout(self.dense_dropout)]
        stack.append(layers.Dense(len(dataset.classes), activation="softmax"))
        return package.Sequential(stack)


Architecture = Annotated[ConvolutionalNetwork | RecurrentNetwork, Field(discriminator="kind")]
