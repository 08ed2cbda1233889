"""Training batches changed at random, so that no epoch sees quite the same samples.

::

    from maju.augmentation import ImageAugmentation

    model.fit(images, labels, augment=ImageAugmentation(flip="horizontal", shift=4, brightness=0.1))

One of your own is a function of the inputs of a batch and a NumPy generator that gives them back changed::

    def noisy(x, rng):
        return x + rng.normal(scale=0.05, size=x.shape).astype(x.dtype)

    model.fit(x, y, augment=noisy)

In `fit` all that is drawn follows from the epoch and the batch, and from `maju.set_random_seed` or the
``seed`` that the augmentation has; so a training that goes on after it was cut off draws the same.
"""

from maju.augmentation.augmentation import Augmentation
from maju.augmentation.image_augmentation import ImageAugmentation
from maju.augmentation.token_dropout import TokenDropout

__all__ = ["Augmentation", "ImageAugmentation", "TokenDropout"]
