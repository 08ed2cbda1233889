"""In which file each operation is, so that a start reads those alone that a model has."""

from __future__ import annotations

__all__ = ["HOMES"]

#: The operations of each file of this package, by the names of their classes in Keras.
_OPERATIONS = {
    "activation_functions": """
        Celu Elu Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LeakyRelu LogSigmoid LogSoftmax
        Relu Relu6 Selu Sigmoid Silu SoftShrink Softmax Softplus Softsign SparsePlus SparseSigmoid
        Sparsemax Squareplus TanhShrink Threshold
    """,
    "arithmetic": """
        Abs Absolute Add Angle Arctan2 BitwiseAnd BitwiseInvert BitwiseLeftShift BitwiseNot
        BitwiseOr BitwiseRightShift BitwiseXor Clip Conj Conjugate Divide DivideNoNan Fabs
        FloorDivide Fmax Fmin Fmod Gcd Heaviside Hypot Imag Lcm Ldexp LeftShift Logaddexp Logaddexp2
        Maximum Minimum Mod Multiply Negative Nextafter Power Real Reciprocal RightShift Sign Square
        Subtract TrueDivide
    """,
    "comparison": """
        AllClose Equal Greater GreaterEqual IsIn Isclose Isfinite Isinf Isnan Isneginf Isposinf
        Isreal Less LessEqual LogicalAnd LogicalNot LogicalOr LogicalXor NotEqual Select Signbit
        Where
    """,
    "convolutions": """
        AdaptiveAveragePool AdaptiveMaxPool AveragePool Conv DepthwiseConv ExtractPatches Fold
        MaxPool SeparableConv Unfold
    """,
    "elementary": """
        Arccos Arccosh Arcsin Arcsinh Arctan Arctanh Cbrt Ceil Cos Cosh Deg2rad Erf Erfc Erfinv Exp
        Exp2 Expm1 Floor I0 Log Log10 Log1p Log2 NanToNum Rad2deg Round Rsqrt Sin Sinc Sinh Sqrt Tan
        Tanh Trunc
    """,
    "images": """
        CropImages GaussianBlur HSVToRGB PadImages RGBToGrayscale RGBToHSV Resize SSIM SobelEdges
    """,
    "indexing": """
        GetItem Scatter ScatterUpdate SegmentMax SegmentMin SegmentProd SegmentSum Slice SliceUpdate
        Take TakeAlongAxis UnravelIndex Unstack
    """,
    "joining": """
        Append ArraySplit Concatenate Dsplit Dstack Hsplit Hstack Meshgrid Split Stack Vsplit Vstack
    """,
    "linear_algebra": """
        Cholesky CholeskyInverse Det Inv Logdet Lstsq MatrixRank Norm Normalize Pinv SVD Slogdet
        Solve SolveTriangular
    """,
    "losses": """
        BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy
    """,
    "normalization": """
        BatchNorm DotProductAttention InTopK LayerNorm MultiHot OneHot PSNR RMSNorm
    """,
    "products": """
        CDist Corrcoef Correlate Cross Dot Einsum Inner Kron Matmul Outer Tensordot Trace Vander
        Vdot
    """,
    "reductions": """
        All Amax Amin Any Argmax Argmin Average CountNonzero Cumprod Cumsum Diff Logsumexp Max Mean
        Median Min Moments Nanargmax Nanargmin Nancumprod Nancumsum Nanmax Nanmean Nanmedian Nanmin
        Nanpercentile Nanprod Nanquantile Nanstd Nansum Nanvar Percentile Prod Ptp Quantile Std Sum
        Trapezoid Var
    """,
    "shapes": """
        BroadcastTo DepthToSpace Diag Diagflat Diagonal ExpandDims ExtractSequences Flip Fliplr
        Flipud Moveaxis Pad Ravel Rearrange Repeat Reshape Roll Rot90 SpaceToDepth Squeeze Swapaxes
        Tile Transpose Tril Triu
    """,
    "sorting": """
        Argsort Bincount Digitize SearchSorted Sort TopK
    """,
    "spectra": """
        FFT FFT2 IFFT2 IRFFT ISTFT RFFT STFT
    """,
    "types_and_constants": """
        Array Cast ConvertToTensor Copy EmptyLike Full FullLike Geomspace Linspace Logspace OnesLike
        SaturateCast Size StopGradient ZerosLike
    """,
    "warping": """
        AffineTransform MapCoordinates PerspectiveTransform ScaleAndTranslate
    """,
}
HOMES = {name: file for file, names in _OPERATIONS.items() for name in names.split()}
