"""The layers of Keras, one readable file each: NumPy, the formula in the docstring, no tricks.

``Dense(64, activation="relu")`` is Keras's spelling, and makes its weights when it is called; `DenseLayer`,
which computes, takes them.

`maju.engine` is to make the same functions fast; these are the truth that they are compared with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maju.lazy import lazily

if TYPE_CHECKING:
    from maju.layers import registry
    from maju.layers.activation import ActivationLayer
    from maju.layers.activity_regularization import ActivityRegularizationLayer
    from maju.layers.adaptive_average_pooling1d import AdaptiveAveragePooling1DLayer
    from maju.layers.adaptive_average_pooling2d import AdaptiveAveragePooling2DLayer
    from maju.layers.adaptive_average_pooling3d import AdaptiveAveragePooling3DLayer
    from maju.layers.adaptive_max_pooling1d import AdaptiveMaxPooling1DLayer
    from maju.layers.adaptive_max_pooling2d import AdaptiveMaxPooling2DLayer
    from maju.layers.adaptive_max_pooling3d import AdaptiveMaxPooling3DLayer
    from maju.layers.add import AddLayer
    from maju.layers.additive_attention import AdditiveAttentionLayer
    from maju.layers.alpha_dropout import AlphaDropoutLayer
    from maju.layers.attention import AttentionLayer
    from maju.layers.aug_mix import AugMixLayer
    from maju.layers.auto_contrast import AutoContrastLayer
    from maju.layers.average import AverageLayer
    from maju.layers.average_pooling1d import AveragePooling1DLayer
    from maju.layers.average_pooling2d import AveragePooling2DLayer
    from maju.layers.average_pooling3d import AveragePooling3DLayer
    from maju.layers.base import Layer
    from maju.layers.batch_normalization import BatchNormalizationLayer
    from maju.layers.bidirectional import BidirectionalLayer, BidirectionalLSTMLayer, BidirectionalRNNLayer
    from maju.layers.category_encoding import CategoryEncodingLayer
    from maju.layers.cell import AnyCell
    from maju.layers.cell_layer import GRUCellLayer, LSTMCellLayer, SimpleRNNCellLayer, StackedRNNCellsLayer
    from maju.layers.center_crop import CenterCropLayer
    from maju.layers.concatenate import ConcatenateLayer
    from maju.layers.contrast_limited_adaptive_histogram_equalization import (
        ContrastLimitedAdaptiveHistogramEqualizationLayer,
    )
    from maju.layers.conv1d import Conv1DLayer
    from maju.layers.conv1d_transpose import Conv1DTransposeLayer
    from maju.layers.conv2d import Conv2DLayer
    from maju.layers.conv2d_transpose import Conv2DTransposeLayer
    from maju.layers.conv3d import Conv3DLayer
    from maju.layers.conv3d_transpose import Conv3DTransposeLayer
    from maju.layers.conv_lstm1d import ConvLSTM1DLayer
    from maju.layers.conv_lstm2d import ConvLSTM2DLayer
    from maju.layers.conv_lstm3d import ConvLSTM3DLayer
    from maju.layers.cropping1d import Cropping1DLayer
    from maju.layers.cropping2d import Cropping2DLayer
    from maju.layers.cropping3d import Cropping3DLayer
    from maju.layers.custom_scale_layer import CustomScaleLayerLayer
    from maju.layers.cut_mix import CutMixLayer
    from maju.layers.dense import DenseLayer
    from maju.layers.depthwise_conv1d import DepthwiseConv1DLayer
    from maju.layers.depthwise_conv2d import DepthwiseConv2DLayer
    from maju.layers.discretization import DiscretizationLayer
    from maju.layers.dot import DotLayer
    from maju.layers.dropout import DropoutLayer
    from maju.layers.einsum_dense import EinsumDenseLayer
    from maju.layers.elu import ELULayer
    from maju.layers.embedding import EmbeddingLayer
    from maju.layers.equalization import EqualizationLayer
    from maju.layers.flatten import FlattenLayer
    from maju.layers.gaussian_dropout import GaussianDropoutLayer
    from maju.layers.gaussian_noise import GaussianNoiseLayer
    from maju.layers.global_average_pooling1d import GlobalAveragePooling1DLayer
    from maju.layers.global_average_pooling2d import GlobalAveragePooling2DLayer
    from maju.layers.global_average_pooling3d import GlobalAveragePooling3DLayer
    from maju.layers.global_max_pooling1d import GlobalMaxPooling1DLayer
    from maju.layers.global_max_pooling2d import GlobalMaxPooling2DLayer
    from maju.layers.global_max_pooling3d import GlobalMaxPooling3DLayer
    from maju.layers.group_normalization import GroupNormalizationLayer
    from maju.layers.group_query_attention import GroupQueryAttentionLayer
    from maju.layers.gru import GRULayer
    from maju.layers.gru_cell import GRUCell
    from maju.layers.hashed_crossing import HashedCrossingLayer
    from maju.layers.hashing import HashingLayer
    from maju.layers.identity import IdentityLayer
    from maju.layers.input_layer import InputLayer
    from maju.layers.integer_lookup import IntegerLookupLayer
    from maju.layers.layer_normalization import LayerNormalizationLayer
    from maju.layers.layer_scale import LayerScaleLayer
    from maju.layers.leaky_relu import LeakyReLULayer
    from maju.layers.locally_connected1d import LocallyConnected1DLayer
    from maju.layers.locally_connected2d import LocallyConnected2DLayer
    from maju.layers.lstm import LSTMLayer
    from maju.layers.lstm_cell import LSTMCell
    from maju.layers.masking import MaskingLayer
    from maju.layers.max_num_bounding_boxes import MaxNumBoundingBoxesLayer
    from maju.layers.max_pooling1d import MaxPooling1DLayer
    from maju.layers.max_pooling2d import MaxPooling2DLayer
    from maju.layers.max_pooling3d import MaxPooling3DLayer
    from maju.layers.maximum import MaximumLayer
    from maju.layers.mel_spectrogram import MelSpectrogramLayer
    from maju.layers.minimum import MinimumLayer
    from maju.layers.mix_up import MixUpLayer
    from maju.layers.multi_head_attention import MultiHeadAttentionLayer
    from maju.layers.multiply import MultiplyLayer
    from maju.layers.normalization import NormalizationLayer
    from maju.layers.permute import PermuteLayer
    from maju.layers.pipeline import PipelineLayer
    from maju.layers.prelu import PReLULayer
    from maju.layers.rand_augment import RandAugmentLayer
    from maju.layers.random_brightness import RandomBrightnessLayer
    from maju.layers.random_color_degeneration import RandomColorDegenerationLayer
    from maju.layers.random_color_jitter import RandomColorJitterLayer
    from maju.layers.random_contrast import RandomContrastLayer
    from maju.layers.random_crop import RandomCropLayer
    from maju.layers.random_elastic_transform import RandomElasticTransformLayer
    from maju.layers.random_erasing import RandomErasingLayer
    from maju.layers.random_flip import RandomFlipLayer
    from maju.layers.random_gaussian_blur import RandomGaussianBlurLayer
    from maju.layers.random_grayscale import RandomGrayscaleLayer
    from maju.layers.random_height import RandomHeightLayer
    from maju.layers.random_hue import RandomHueLayer
    from maju.layers.random_invert import RandomInvertLayer
    from maju.layers.random_perspective import RandomPerspectiveLayer
    from maju.layers.random_posterization import RandomPosterizationLayer
    from maju.layers.random_rotation import RandomRotationLayer
    from maju.layers.random_saturation import RandomSaturationLayer
    from maju.layers.random_sharpness import RandomSharpnessLayer
    from maju.layers.random_shear import RandomShearLayer
    from maju.layers.random_translation import RandomTranslationLayer
    from maju.layers.random_width import RandomWidthLayer
    from maju.layers.random_zoom import RandomZoomLayer
    from maju.layers.relu import ReLULayer
    from maju.layers.repeat_vector import RepeatVectorLayer
    from maju.layers.rescaling import RescalingLayer
    from maju.layers.reshape import ReshapeLayer
    from maju.layers.resizing import ResizingLayer
    from maju.layers.reversible_embedding import ReversibleEmbeddingLayer
    from maju.layers.rms_normalization import RMSNormalizationLayer
    from maju.layers.rnn import RNNLayer
    from maju.layers.separable_conv1d import SeparableConv1DLayer
    from maju.layers.separable_conv2d import SeparableConv2DLayer
    from maju.layers.simple_rnn import SimpleRNNLayer
    from maju.layers.simple_rnn_cell import SimpleRNNCell
    from maju.layers.softmax import SoftmaxLayer
    from maju.layers.solarization import SolarizationLayer
    from maju.layers.spatial_dropout1d import SpatialDropout1DLayer
    from maju.layers.spatial_dropout2d import SpatialDropout2DLayer
    from maju.layers.spatial_dropout3d import SpatialDropout3DLayer
    from maju.layers.spectral_normalization import SpectralNormalizationLayer
    from maju.layers.stacked_rnn_cells import StackedRNNCells
    from maju.layers.stft_spectrogram import STFTSpectrogramLayer
    from maju.layers.stochastic_depth import StochasticDepthLayer
    from maju.layers.string_lookup import StringLookupLayer
    from maju.layers.subtract import SubtractLayer
    from maju.layers.text_vectorization import TextVectorizationLayer
    from maju.layers.thresholded_relu import ThresholdedReLULayer
    from maju.layers.time_distributed import TimeDistributedLayer
    from maju.layers.unit_normalization import UnitNormalizationLayer
    from maju.layers.up_sampling1d import UpSampling1DLayer
    from maju.layers.up_sampling2d import UpSampling2DLayer
    from maju.layers.up_sampling3d import UpSampling3DLayer
    from maju.layers.zero_padding1d import ZeroPadding1DLayer
    from maju.layers.zero_padding2d import ZeroPadding2DLayer
    from maju.layers.zero_padding3d import ZeroPadding3DLayer
    from maju.models.blueprints import (
        ELU,
        GRU,
        LSTM,
        RNN,
        Activation,
        ActivityRegularization,
        AdaptiveAveragePooling1D,
        AdaptiveAveragePooling2D,
        AdaptiveAveragePooling3D,
        AdaptiveMaxPooling1D,
        AdaptiveMaxPooling2D,
        AdaptiveMaxPooling3D,
        Add,
        AdditiveAttention,
        AlphaDropout,
        Attention,
        AugMix,
        AutoContrast,
        Average,
        AveragePooling1D,
        AveragePooling2D,
        AveragePooling3D,
        AvgPool1D,
        AvgPool2D,
        AvgPool3D,
        BatchNormalization,
        Bidirectional,
        CategoryEncoding,
        CenterCrop,
        Concatenate,
        ContrastLimitedAdaptiveHistogramEqualization,
        Conv1D,
        Conv1DTranspose,
        Conv2D,
        Conv2DTranspose,
        Conv3D,
        Conv3DTranspose,
        ConvLSTM1D,
        ConvLSTM2D,
        ConvLSTM3D,
        Convolution1D,
        Convolution1DTranspose,
        Convolution2D,
        Convolution2DTranspose,
        Convolution3D,
        Convolution3DTranspose,
        Cropping1D,
        Cropping2D,
        Cropping3D,
        CutMix,
        Dense,
        DepthwiseConv1D,
        DepthwiseConv2D,
        Discretization,
        Dot,
        Dropout,
        EinsumDense,
        Embedding,
        Equalization,
        Flatten,
        GaussianDropout,
        GaussianNoise,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalAveragePooling3D,
        GlobalAvgPool1D,
        GlobalAvgPool2D,
        GlobalAvgPool3D,
        GlobalMaxPool1D,
        GlobalMaxPool2D,
        GlobalMaxPool3D,
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        GlobalMaxPooling3D,
        GroupNormalization,
        GroupQueryAttention,
        HashedCrossing,
        Hashing,
        Identity,
        IntegerLookup,
        LayerNormalization,
        LeakyReLU,
        Masking,
        Maximum,
        MaxNumBoundingBoxes,
        MaxPool1D,
        MaxPool2D,
        MaxPool3D,
        MaxPooling1D,
        MaxPooling2D,
        MaxPooling3D,
        MelSpectrogram,
        Minimum,
        MixUp,
        MultiHeadAttention,
        Multiply,
        Normalization,
        Permute,
        Pipeline,
        PReLU,
        RandAugment,
        RandomBrightness,
        RandomColorDegeneration,
        RandomColorJitter,
        RandomContrast,
        RandomCrop,
        RandomElasticTransform,
        RandomErasing,
        RandomFlip,
        RandomGaussianBlur,
        RandomGrayscale,
        RandomHue,
        RandomInvert,
        RandomPerspective,
        RandomPosterization,
        RandomRotation,
        RandomSaturation,
        RandomSharpness,
        RandomShear,
        RandomTranslation,
        RandomZoom,
        ReLU,
        RepeatVector,
        Rescaling,
        Reshape,
        Resizing,
        ReversibleEmbedding,
        RMSNormalization,
        SeparableConv1D,
        SeparableConv2D,
        SeparableConvolution1D,
        SeparableConvolution2D,
        SimpleRNN,
        Softmax,
        Solarization,
        SpatialDropout1D,
        SpatialDropout2D,
        SpatialDropout3D,
        SpectralNormalization,
        STFTSpectrogram,
        StringLookup,
        Subtract,
        TextVectorization,
        TimeDistributed,
        UnitNormalization,
        UpSampling1D,
        UpSampling2D,
        UpSampling3D,
        ZeroPadding1D,
        ZeroPadding2D,
        ZeroPadding3D,
    )
    from maju.models.symbolic import Input

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivationLayer",
    "ActivityRegularization",
    "ActivityRegularizationLayer",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling1DLayer",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling2DLayer",
    "AdaptiveAveragePooling3D",
    "AdaptiveAveragePooling3DLayer",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling1DLayer",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling2DLayer",
    "AdaptiveMaxPooling3D",
    "AdaptiveMaxPooling3DLayer",
    "Add",
    "AddLayer",
    "AdditiveAttention",
    "AdditiveAttentionLayer",
    "AlphaDropout",
    "AlphaDropoutLayer",
    "AnyCell",
    "Attention",
    "AttentionLayer",
    "AugMix",
    "AugMixLayer",
    "AutoContrast",
    "AutoContrastLayer",
    "Average",
    "AverageLayer",
    "AveragePooling1D",
    "AveragePooling1DLayer",
    "AveragePooling2D",
    "AveragePooling2DLayer",
    "AveragePooling3D",
    "AveragePooling3DLayer",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "BatchNormalizationLayer",
    "Bidirectional",
    "BidirectionalLSTMLayer",
    "BidirectionalLayer",
    "BidirectionalRNNLayer",
    "CategoryEncoding",
    "CategoryEncodingLayer",
    "CenterCrop",
    "CenterCropLayer",
    "Concatenate",
    "ConcatenateLayer",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "ContrastLimitedAdaptiveHistogramEqualizationLayer",
    "Conv1D",
    "Conv1DLayer",
    "Conv1DTranspose",
    "Conv1DTransposeLayer",
    "Conv2D",
    "Conv2DLayer",
    "Conv2DTranspose",
    "Conv2DTransposeLayer",
    "Conv3D",
    "Conv3DLayer",
    "Conv3DTranspose",
    "Conv3DTransposeLayer",
    "ConvLSTM1D",
    "ConvLSTM1DLayer",
    "ConvLSTM2D",
    "ConvLSTM2DLayer",
    "ConvLSTM3D",
    "ConvLSTM3DLayer",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping1DLayer",
    "Cropping2D",
    "Cropping2DLayer",
    "Cropping3D",
    "Cropping3DLayer",
    "CustomScaleLayerLayer",
    "CutMix",
    "CutMixLayer",
    "Dense",
    "DenseLayer",
    "DepthwiseConv1D",
    "DepthwiseConv1DLayer",
    "DepthwiseConv2D",
    "DepthwiseConv2DLayer",
    "Discretization",
    "DiscretizationLayer",
    "Dot",
    "DotLayer",
    "Dropout",
    "DropoutLayer",
    "ELULayer",
    "EinsumDense",
    "EinsumDenseLayer",
    "Embedding",
    "EmbeddingLayer",
    "Equalization",
    "EqualizationLayer",
    "Flatten",
    "FlattenLayer",
    "GRUCell",
    "GRUCellLayer",
    "GRULayer",
    "GaussianDropout",
    "GaussianDropoutLayer",
    "GaussianNoise",
    "GaussianNoiseLayer",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling1DLayer",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling2DLayer",
    "GlobalAveragePooling3D",
    "GlobalAveragePooling3DLayer",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling1DLayer",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling2DLayer",
    "GlobalMaxPooling3D",
    "GlobalMaxPooling3DLayer",
    "GroupNormalization",
    "GroupNormalizationLayer",
    "GroupQueryAttention",
    "GroupQueryAttentionLayer",
    "HashedCrossing",
    "HashedCrossingLayer",
    "Hashing",
    "HashingLayer",
    "Identity",
    "IdentityLayer",
    "Input",
    "InputLayer",
    "IntegerLookup",
    "IntegerLookupLayer",
    "LSTMCell",
    "LSTMCellLayer",
    "LSTMLayer",
    "Layer",
    "LayerNormalization",
    "LayerNormalizationLayer",
    "LayerScaleLayer",
    "LeakyReLU",
    "LeakyReLULayer",
    "LocallyConnected1DLayer",
    "LocallyConnected2DLayer",
    "Masking",
    "MaskingLayer",
    "MaxNumBoundingBoxes",
    "MaxNumBoundingBoxesLayer",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling1DLayer",
    "MaxPooling2D",
    "MaxPooling2DLayer",
    "MaxPooling3D",
    "MaxPooling3DLayer",
    "Maximum",
    "MaximumLayer",
    "MelSpectrogram",
    "MelSpectrogramLayer",
    "Minimum",
    "MinimumLayer",
    "MixUp",
    "MixUpLayer",
    "MultiHeadAttention",
    "MultiHeadAttentionLayer",
    "Multiply",
    "MultiplyLayer",
    "Normalization",
    "NormalizationLayer",
    "PReLU",
    "PReLULayer",
    "Permute",
    "PermuteLayer",
    "Pipeline",
    "PipelineLayer",
    "RMSNormalization",
    "RMSNormalizationLayer",
    "RNNLayer",
    "RandAugment",
    "RandAugmentLayer",
    "RandomBrightness",
    "RandomBrightnessLayer",
    "RandomColorDegeneration",
    "RandomColorDegenerationLayer",
    "RandomColorJitter",
    "RandomColorJitterLayer",
    "RandomContrast",
    "RandomContrastLayer",
    "RandomCrop",
    "RandomCropLayer",
    "RandomElasticTransform",
    "RandomElasticTransformLayer",
    "RandomErasing",
    "RandomErasingLayer",
    "RandomFlip",
    "RandomFlipLayer",
    "RandomGaussianBlur",
    "RandomGaussianBlurLayer",
    "RandomGrayscale",
    "RandomGrayscaleLayer",
    "RandomHeightLayer",
    "RandomHue",
    "RandomHueLayer",
    "RandomInvert",
    "RandomInvertLayer",
    "RandomPerspective",
    "RandomPerspectiveLayer",
    "RandomPosterization",
    "RandomPosterizationLayer",
    "RandomRotation",
    "RandomRotationLayer",
    "RandomSaturation",
    "RandomSaturationLayer",
    "RandomSharpness",
    "RandomSharpnessLayer",
    "RandomShear",
    "RandomShearLayer",
    "RandomTranslation",
    "RandomTranslationLayer",
    "RandomWidthLayer",
    "RandomZoom",
    "RandomZoomLayer",
    "ReLU",
    "ReLULayer",
    "RepeatVector",
    "RepeatVectorLayer",
    "Rescaling",
    "RescalingLayer",
    "Reshape",
    "ReshapeLayer",
    "Resizing",
    "ResizingLayer",
    "ReversibleEmbedding",
    "ReversibleEmbeddingLayer",
    "STFTSpectrogram",
    "STFTSpectrogramLayer",
    "SeparableConv1D",
    "SeparableConv1DLayer",
    "SeparableConv2D",
    "SeparableConv2DLayer",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "SimpleRNNCellLayer",
    "SimpleRNNLayer",
    "Softmax",
    "SoftmaxLayer",
    "Solarization",
    "SolarizationLayer",
    "SpatialDropout1D",
    "SpatialDropout1DLayer",
    "SpatialDropout2D",
    "SpatialDropout2DLayer",
    "SpatialDropout3D",
    "SpatialDropout3DLayer",
    "SpectralNormalization",
    "SpectralNormalizationLayer",
    "StackedRNNCells",
    "StackedRNNCellsLayer",
    "StochasticDepthLayer",
    "StringLookup",
    "StringLookupLayer",
    "Subtract",
    "SubtractLayer",
    "TextVectorization",
    "TextVectorizationLayer",
    "ThresholdedReLULayer",
    "TimeDistributed",
    "TimeDistributedLayer",
    "UnitNormalization",
    "UnitNormalizationLayer",
    "UpSampling1D",
    "UpSampling1DLayer",
    "UpSampling2D",
    "UpSampling2DLayer",
    "UpSampling3D",
    "UpSampling3DLayer",
    "ZeroPadding1D",
    "ZeroPadding1DLayer",
    "ZeroPadding2D",
    "ZeroPadding2DLayer",
    "ZeroPadding3D",
    "ZeroPadding3DLayer",
    "registry",
]

#: The names that are not in the module that `_home` would look in.
_ELSEWHERE = {
    "AnyCell": "cell",
    "BidirectionalLSTMLayer": "bidirectional",
    "BidirectionalRNNLayer": "bidirectional",
    "GRUCellLayer": "cell_layer",
    "InputLayer": "input_layer",
    "LSTMCellLayer": "cell_layer",
    "Layer": "base",
    "LeakyReLULayer": "leaky_relu",
    "PReLULayer": "prelu",
    "ReLULayer": "relu",
    "SimpleRNNCellLayer": "cell_layer",
    "StackedRNNCellsLayer": "cell_layer",
    "ThresholdedReLULayer": "thresholded_relu",
}
_CELLS = ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells")


def _home(name: str) -> str | None:
    """``Conv2DLayer`` is in ``conv2d``; ``Conv2D``, which takes no weights, among the blueprints."""
    if name not in __all__:
        return None
    if name == "Input":
        return "maju.models.symbolic"
    if name == "registry" or name in _ELSEWHERE:
        return f"maju.layers.{_ELSEWHERE.get(name, name)}"
    if not name.endswith("Layer") and name not in _CELLS:
        return "maju.models.blueprints"
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name.removesuffix("Layer"))
    module = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
    return f"maju.layers.{module}"


__getattr__ = lazily(__name__, _home)


def __dir__() -> list[str]:
    return sorted(__all__)
