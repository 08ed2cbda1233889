"""The layers of Keras, one readable file each: NumPy, the formula in the docstring, no tricks.

`maju.engine` is to make the same functions fast; these are the truth that they are compared with.
"""

from maju.layers import registry
from maju.layers.activation import ActivationLayer
from maju.layers.add import AddLayer
from maju.layers.average import AverageLayer
from maju.layers.average_pooling2d import AveragePooling2DLayer
from maju.layers.base import Layer
from maju.layers.batch_normalization import BatchNormalizationLayer
from maju.layers.bidirectional import BidirectionalLayer, BidirectionalLSTMLayer, BidirectionalRNNLayer
from maju.layers.concatenate import ConcatenateLayer
from maju.layers.conv2d import Conv2DLayer
from maju.layers.dense import DenseLayer
from maju.layers.dropout import DropoutLayer
from maju.layers.elu import ELULayer
from maju.layers.embedding import EmbeddingLayer
from maju.layers.flatten import FlattenLayer
from maju.layers.global_average_pooling2d import GlobalAveragePooling2DLayer
from maju.layers.global_max_pooling2d import GlobalMaxPooling2DLayer
from maju.layers.gru import GRULayer
from maju.layers.gru_cell import GRUCell
from maju.layers.input_layer import InputLayer
from maju.layers.leaky_relu import LeakyReLULayer
from maju.layers.lstm import LSTMLayer
from maju.layers.lstm_cell import LSTMCell
from maju.layers.max_pooling2d import MaxPooling2DLayer
from maju.layers.maximum import MaximumLayer
from maju.layers.minimum import MinimumLayer
from maju.layers.multiply import MultiplyLayer
from maju.layers.prelu import PReLULayer
from maju.layers.relu import ReLULayer
from maju.layers.rescaling import RescalingLayer
from maju.layers.reshape import ReshapeLayer
from maju.layers.simple_rnn import SimpleRNNLayer
from maju.layers.simple_rnn_cell import SimpleRNNCell
from maju.layers.softmax import SoftmaxLayer
from maju.layers.subtract import SubtractLayer
from maju.layers.text_vectorization import TextVectorizationLayer

__all__ = [
    "ActivationLayer",
    "AddLayer",
    "AverageLayer",
    "AveragePooling2DLayer",
    "BatchNormalizationLayer",
    "BidirectionalLSTMLayer",
    "BidirectionalLayer",
    "BidirectionalRNNLayer",
    "ConcatenateLayer",
    "Conv2DLayer",
    "DenseLayer",
    "DropoutLayer",
    "ELULayer",
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
    "LeakyReLULayer",
    "MaxPooling2DLayer",
    "MaximumLayer",
    "MinimumLayer",
    "MultiplyLayer",
    "PReLULayer",
    "ReLULayer",
    "RescalingLayer",
    "ReshapeLayer",
    "SimpleRNNCell",
    "SimpleRNNLayer",
    "SoftmaxLayer",
    "SubtractLayer",
    "TextVectorizationLayer",
    "registry",
]
