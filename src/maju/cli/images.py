"""Image files to what a model takes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maju.cli.graph import layers_inside, layers_reading
from maju.errors import InputError, MissingExtraError
from maju.formats.specification import TensorRef
from maju.layers import InputLayer, RescalingLayer
from maju.layers.base import Array
from maju.models import Model

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["ImageForm", "Scale", "read_image", "scaled"]

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
#: pillow knows more, and runs another program on some of them.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
#: What pillow calls the images that have 8 bits a channel, or fewer.
EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV")


class Scale(StrEnum):
    """The numbers that black and white become."""

    AUTO = "auto"
    UNIT = "0..1"
    SIGNED = "-1..1"
    BYTES = "0..255"


@dataclass(frozen=True)
class ImageForm:
    """What a model wants of an image; None for a side that it leaves open.

    Attributes:
        axes: how an array (height, width, channels) becomes the model's: last, first, or none for channels.
    """

    height: int | None
    width: int | None
    channels: int
    axes: str

    @classmethod
    def of(cls, model: Model, entry: InputLayer) -> ImageForm:
        """The form that an input has.

        Raises:
            InputError: it is no image.
        """
        lengths = entry.batch_shape[1:]
        first = any(getattr(layer, "data_format", "") == "channels_first" for layer in layers_inside(model))
        if len(lengths) == 2:
            return cls(*lengths, 1, "none")
        if len(lengths) == 3:
            channels, height, width = lengths if first else (lengths[2], lengths[0], lengths[1])
            if channels in MODES:
                return cls(height, width, channels, "first" if first else "last")
        raise InputError(f"the model takes arrays of shape {entry.batch_shape}, which no image fits")

    def arranged(self, pixels: Array) -> Array:
        """(height, width, channels) in the model's order."""
        if self.axes == "none":
            return pixels[:, :, 0]
        return pixels if self.axes == "last" else pixels.transpose(2, 0, 1)


def read_image(path: Path, form: ImageForm, resize: bool) -> Array:
    """The pixels of an image file, uint8, turned upright and with as many channels as the model wants.

    Args:
        resize: whether to give it the model's size (bilinear; the proportions are not kept).

    Raises:
        InputError: it is no image, or of another size.
        MissingExtraError: pillow is not installed.
    """
    picture = _decoded(path, MODES[form.channels])
    width, height = picture.size
    wanted = (form.width or width, form.height or height)
    if wanted != (width, height):
        if not resize:
            raise InputError(
                f"{path}: {width} × {height} pixels (width × height), the model takes "
                f"{wanted[0]} × {wanted[1]}; --resize brings it to that size, whatever its proportions"
            )
        from PIL import Image

        picture = picture.resize(wanted, Image.Resampling.BILINEAR)
    return form.arranged(np.asarray(picture).reshape(wanted[1], wanted[0], form.channels))


def _decoded(path: Path, mode: str) -> Image.Image:
    """The picture in a file, upright, in one of pillow's modes."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtraError("reading images", "cli") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                # A phone's JPEG may hold a second picture after its own: pillow's MPO.
                frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
                stored = image.mode
                picture = ImageOps.exif_transpose(image)
                converted = picture.convert(mode)
    except UnidentifiedImageError:
        raise InputError(f"{path}: neither .npy, .npz nor an image") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        raise InputError(f"{path}: cannot be read as an image ({error})") from error
    if frames > 1:
        raise InputError(f"{path}: an animation or a stack of {frames} images, not one")
    if stored not in EIGHT_BITS:
        way_out = "save it with 8 bits a channel, or give its values as .npy"
        raise InputError(f"{path}: pixels of the kind {stored!r}; {way_out}")
    return converted


def scaled(pixels: Array, model: Model, ref: TensorRef, entry: InputLayer, scale: Scale) -> tuple[Array, str]:
    """The pixels as the numbers that the model takes, and in words what was assumed in choosing them."""
    integers = not np.issubdtype(entry.dtype, np.floating)
    if scale is Scale.AUTO:
        readers = list(layers_reading(model, ref))
        if integers or (readers and all(isinstance(layer, RescalingLayer) for layer in readers)):
            return pixels, ""
        assumed = "pixels were scaled to 0..1; if the model was trained on others, give --scale"
        return pixels / np.float32(255), assumed
    if scale is Scale.BYTES:
        return pixels, ""
    if integers:
        raise InputError(f"the model takes {entry.dtype} pixels, 0 to 255; leave --scale {scale} out")
    unit = pixels / np.float32(255)
    return (unit if scale is Scale.UNIT else 2 * unit - 1), ""
