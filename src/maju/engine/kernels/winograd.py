"""Winograd's minimal filtering: a 3x3 convolution of fewer multiplications."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from maju.engine.frame import Frame
from maju.engine.kernels.sliding import counted, margins
from maju.layers.base import Array
from maju.layers.windows import Windows

__all__ = ["Winograd"]

#: Each tile gives 4 x 4 outputs, of 6 x 6 inputs.
OUT, IN = 4, 6
#: The numbers at which both polynomials are evaluated, beside infinity. These lose the fewest digits among
#: those tried, in float32: 1.8·10⁻⁶ of the largest value with 128 channels, where 0, ±1, ±2 lose 10⁻⁵.
POINTS = (0.0, 0.75, -0.75, 1.5, -1.5)
#: How many values the transformed tiles may hold at a time.
AT_A_TIME = 1 << 20
#: What it costs beside the plain product where it is worth while, and how many tiles that takes at least.
WORTH, LEAST_TILES = 0.6, 16


class Winograd:
    """Y = Aᵀ[(G K Gᵀ) ⊙ (Bᵀ D B)]A for each tile D of 6 x 6 inputs, which gives 4 x 4 outputs.

    36 multiplications take the place of 144. The sums over the channels are 36 products of matrices; the ways
    to and fro are two more, as Bᵀ D B is (B ⊗ B)ᵀ·d of the tile as a column d.

    Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016).

    Args:
        windows: of 3 x 3, one apart.
        kernel: (3, 3, channels, filters).
    """

    kind = "Winograd's products"

    def __init__(self, windows: Windows, kernel: Array) -> None:
        self.windows = windows
        self.channels, self.filters = kernel.shape[2:]
        of_input, of_kernel, of_output = transforms()
        wide = np.einsum("ia,jb,abcf->ijcf", of_kernel, of_kernel, kernel.astype(np.float64))
        self.kernel = wide.astype(np.float32).reshape(IN * IN, self.channels, self.filters)
        self.of_input = np.kron(of_input, of_input).astype(np.float32)
        self.of_output = np.kron(of_output, of_output).astype(np.float32)

    @staticmethod
    def suits(windows: Windows, channels: int, filters: int) -> bool:
        """Whether a convolution can be done so, and is worth it with so many channels and filters."""
        if windows.size != (3, 3) or {*windows.strides, *windows.dilation} != {1}:
            return False
        return _cost(channels, filters) < WORTH

    def wins(self, samples: int, lengths: Sequence[int]) -> bool:
        """Whether it is worth it for images of this size, whose last tiles may reach beyond them."""
        counts = counted(self.windows, tuple(lengths))
        tiles = math.prod(-(-n // OUT) for n in counts)
        waste = tiles * OUT * OUT / math.prod(counts)
        return samples * tiles >= LEAST_TILES and waste * _cost(self.channels, self.filters) < WORTH

    def samples(self, lengths: Sequence[int]) -> int:
        """How many samples are best taken at a time."""
        tiles = math.prod(-(-n // OUT) for n in counted(self.windows, tuple(lengths)))
        of_one = tiles * (IN * IN * (2 * self.channels + self.filters) + OUT * OUT * self.filters)
        return int(max(1, -(-LEAST_TILES // tiles), AT_A_TIME // of_one))

    def run(self, x: Array, y: Array, frame: Frame) -> None:
        """Put the convolution of x, (samples, height, width, channels), into y."""
        samples, height, width, filters = y.shape
        down, right = -(-height // OUT), -(-width // OUT)
        tiles = samples * down * right
        source = self._padded(x, OUT * down + 2, OUT * right + 2, frame)
        n, h, w, c = source.strides
        seen = np.lib.stride_tricks.as_strided(
            source,
            (IN, IN, samples, down, right, self.channels),
            (h, w, n, OUT * h, OUT * w, c),
            writeable=False,
        )
        tile = frame.scratch(IN * IN, tiles * self.channels)
        np.copyto(tile.reshape(seen.shape), seen)
        frame.done_with(source)
        wide = frame.scratch(IN * IN, tiles * self.channels)
        np.matmul(self.of_input, tile, out=wide)
        frame.done_with(tile)
        product = frame.scratch(IN * IN, tiles, filters)
        np.matmul(wide.reshape(IN * IN, tiles, self.channels), self.kernel, out=product)
        frame.done_with(wide)
        narrow = frame.scratch(OUT * OUT, tiles * filters)
        np.matmul(self.of_output, product.reshape(IN * IN, -1), out=narrow)
        frame.done_with(product)
        made = narrow.reshape(OUT, OUT, samples, down, right, filters).transpose(2, 3, 0, 4, 1, 5)
        if (height, width) == (OUT * down, OUT * right):
            np.copyto(y.reshape(made.shape), made)
        else:
            y[...] = made.reshape(samples, OUT * down, OUT * right, filters)[:, :height, :width]
        frame.done_with(narrow)

    def _padded(self, x: Array, height: int, width: int, frame: Frame) -> Array:
        """X with the padding around it, in as many lines and columns as whole tiles take."""
        (top, _), (left, _) = margins(self.windows, x.shape[1:-1])
        bottom, end = top + x.shape[1], left + x.shape[2]
        y = frame.scratch(len(x), height, width, self.channels)
        y[:, :top] = 0
        y[:, bottom:] = 0
        y[:, top:bottom, :left] = 0
        y[:, top:bottom, end:] = 0
        y[:, top:bottom, left:end] = x
        return y


def _cost(channels: int, filters: int) -> float:
    """The multiplications of a tile, beside those of the plain product."""
    to, fro = IN**4 * channels, (IN * OUT) ** 2 * filters
    return (to + IN**2 * channels * filters + fro) / (OUT**2 * 9 * channels * filters)


@functools.cache
def transforms() -> tuple[Array, Array, Array]:
    """Bᵀ, G and Aᵀ in float64.

    A polynomial of degree 5, the product of one of degree 3 and one of degree 2, follows from its values at
    five points and its highest coefficient. Filtering is the transpose of multiplying polynomials.
    """
    points = np.array(POINTS)
    others = [np.delete(points, i) for i in range(len(points))]
    of_output = np.zeros((OUT, IN))
    of_output[:, :-1] = points ** np.arange(OUT)[:, np.newaxis]
    of_output[-1, -1] = 1
    of_kernel = np.zeros((IN, 3))
    scale = [np.prod(point - rest) for point, rest in zip(points, others, strict=True)]
    of_kernel[:-1] = points[:, np.newaxis] ** np.arange(3) / np.array(scale)[:, np.newaxis]
    of_kernel[-1, -1] = 1
    of_input = np.zeros((IN, IN))
    for row, roots in enumerate([*others, points]):
        of_input[row, : len(roots) + 1] = np.poly(roots)[::-1]
    return of_input, of_kernel, of_output
