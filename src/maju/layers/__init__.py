"""The layers of Keras, one readable file each: NumPy, the formula in the docstring, no tricks.

`maju.engine` is to make the same functions fast; these are the truth that they are compared with.
"""

from maju.layers import registry
from maju.layers.activation import ActivationLayer
from maju.layers.average_pooling2d import AveragePooling2DLayer
from maju.layers.base import Layer
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.bidirectional import BidirectionalLayer, BidirectionalLSTMLayer, BidirectionalRNNLayer
from maju.layers.conv2d import Conv2DLayer
from maju.layers.dense import DenseLayer
from maju.layers.dropout import DropoutLayer
from maju.layers.embedding import EmbeddingLayer
from maju.layers.flatten import FlattenLayer
from maju.layers.global_average_pooling2d import GlobalAveragePooling2DLayer
from maju.layers.global_max_pooling2d import GlobalMaxPooling2DLayer
from maju.layers.gru import GRULayer
from maju.layers.gru_cell import GRUCell
from maju.layers.input_layer import InputLayer
from maju.layers.lstm import LSTMLayer
from maju.layers.lstm_cell import LSTMCell
from maju.layers.max_pooling2d import MaxPooling2DLayer
from maju.layers.rescaling import RescalingLayer
from maju.layers.reshape import ReshapeLayer
from maju.layers.simple_rnn import SimpleRNNLayer
from maju.layers.simple_rnn_cell import SimpleRNNCell

__all__ = [
    "ActivationLayer",
    "AveragePooling2DLayer",
    "BatchNormalizationLayer",
    "BidirectionalLSTMLayer",
    "BidirectionalLayer",
    "BidirectionalRNNLayer",
    "Conv2DLayer",
    "DenseLayer",
    "DropoutLayer",
    "EmbeddingLayer",
    "FlattenLayer",
    "GRUCell",
    "GRULayer",
    "GlobalAveragePooling2DLayer",
    "GlobalMaxPooling2DLayer",
    "InputLayer",
    "LSTMCell",
    "LSTMLayer",
    "Layer",
    "MaxPooling2DLayer",
    "RescalingLayer",
    "ReshapeLayer",
    "SimpleRNNCell",
    "SimpleRNNLayer",
    "registry",
]
