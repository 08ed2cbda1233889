"""What all tests share."""

from __future__ import annotations

import os

# Before TensorFlow is imported: no banner, and one thread for each of the two test processes.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
