"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Before TensorFlow is imported: no banner.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The machines are shared: how long an example takes says nothing. The same examples in every run.
settings.register_profile(
    "maju", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("maju")
