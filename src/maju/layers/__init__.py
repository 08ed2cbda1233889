"""The layers of Keras, one readable file each: NumPy, the formula in the docstring, no tricks.

`maju.engine` is to make the same functions fast; these are the truth that they are compared with.
"""

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

__all__ = [
    "ActivationLayer",
    "ActivityRegularizationLayer",
    "AdaptiveAveragePooling1DLayer",
    "AdaptiveAveragePooling2DLayer",
    "AdaptiveAveragePooling3DLayer",
    "AdaptiveMaxPooling1DLayer",
    "AdaptiveMaxPooling2DLayer",
    "AdaptiveMaxPooling3DLayer",
    "AddLayer",
    "AdditiveAttentionLayer",
    "AlphaDropoutLayer",
    "AttentionLayer",
    "AugMixLayer",
    "AutoContrastLayer",
    "AverageLayer",
    "AveragePooling1DLayer",
    "AveragePooling2DLayer",
    "AveragePooling3DLayer",
    "BatchNormalizationLayer",
    "BidirectionalLSTMLayer",
    "BidirectionalLayer",
    "BidirectionalRNNLayer",
    "CategoryEncodingLayer",
    "CenterCropLayer",
    "ConcatenateLayer",
    "ContrastLimitedAdaptiveHistogramEqualizationLayer",
    "Conv1DLayer",
    "Conv1DTransposeLayer",
    "Conv2DLayer",
    "Conv2DTransposeLayer",
    "Conv3DLayer",
    "Conv3DTransposeLayer",
    "ConvLSTM1DLayer",
    "ConvLSTM2DLayer",
    "ConvLSTM3DLayer",
    "Cropping1DLayer",
    "Cropping2DLayer",
    "Cropping3DLayer",
    "CustomScaleLayerLayer",
    "CutMixLayer",
    "DenseLayer",
    "DepthwiseConv1DLayer",
    "DepthwiseConv2DLayer",
    "DiscretizationLayer",
    "DotLayer",
    "DropoutLayer",
    "ELULayer",
    "EinsumDenseLayer",
    "EmbeddingLayer",
    "EqualizationLayer",
    "FlattenLayer",
    "GRUCell",
    "GRUCellLayer",
    "GRULayer",
    "GaussianDropoutLayer",
    "GaussianNoiseLayer",
    "GlobalAveragePooling1DLayer",
    "GlobalAveragePooling2DLayer",
    "GlobalAveragePooling3DLayer",
    "GlobalMaxPooling1DLayer",
    "GlobalMaxPooling2DLayer",
    "GlobalMaxPooling3DLayer",
    "GroupNormalizationLayer",
    "GroupQueryAttentionLayer",
    "HashedCrossingLayer",
    "HashingLayer",
    "IdentityLayer",
    "InputLayer",
    "IntegerLookupLayer",
    "LSTMCell",
    "LSTMCellLayer",
    "LSTMLayer",
    "Layer",
    "LayerNormalizationLayer",
    "LayerScaleLayer",
    "LeakyReLULayer",
    "LocallyConnected1DLayer",
    "LocallyConnected2DLayer",
    "MaskingLayer",
    "MaxNumBoundingBoxesLayer",
    "MaxPooling1DLayer",
    "MaxPooling2DLayer",
    "MaxPooling3DLayer",
    "MaximumLayer",
    "MelSpectrogramLayer",
    "MinimumLayer",
    "MixUpLayer",
    "MultiHeadAttentionLayer",
    "MultiplyLayer",
    "NormalizationLayer",
    "PReLULayer",
    "PermuteLayer",
    "PipelineLayer",
    "RMSNormalizationLayer",
    "RNNLayer",
    "RandAugmentLayer",
    "RandomBrightnessLayer",
    "RandomColorDegenerationLayer",
    "RandomColorJitterLayer",
    "RandomContrastLayer",
    "RandomCropLayer",
    "RandomElasticTransformLayer",
    "RandomErasingLayer",
    "RandomFlipLayer",
    "RandomGaussianBlurLayer",
    "RandomGrayscaleLayer",
    "RandomHeightLayer",
    "RandomHueLayer",
    "RandomInvertLayer",
    "RandomPerspectiveLayer",
    "RandomPosterizationLayer",
    "RandomRotationLayer",
    "RandomSaturationLayer",
    "RandomSharpnessLayer",
    "RandomShearLayer",
    "RandomTranslationLayer",
    "RandomWidthLayer",
    "RandomZoomLayer",
    "ReLULayer",
    "RepeatVectorLayer",
    "RescalingLayer",
    "ReshapeLayer",
    "ResizingLayer",
    "ReversibleEmbeddingLayer",
    "STFTSpectrogramLayer",
    "SeparableConv1DLayer",
    "SeparableConv2DLayer",
    "SimpleRNNCell",
    "SimpleRNNCellLayer",
    "SimpleRNNLayer",
    "SoftmaxLayer",
    "SolarizationLayer",
    "SpatialDropout1DLayer",
    "SpatialDropout2DLayer",
    "SpatialDropout3DLayer",
    "SpectralNormalizationLayer",
    "StackedRNNCells",
    "StackedRNNCellsLayer",
    "StochasticDepthLayer",
    "StringLookupLayer",
    "SubtractLayer",
    "TextVectorizationLayer",
    "ThresholdedReLULayer",
    "TimeDistributedLayer",
    "UnitNormalizationLayer",
    "UpSampling1DLayer",
    "UpSampling2DLayer",
    "UpSampling3DLayer",
    "ZeroPadding1DLayer",
    "ZeroPadding2DLayer",
    "ZeroPadding3DLayer",
    "registry",
]
