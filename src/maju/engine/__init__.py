"""The fast forward pass: a plan of fused steps over memory that is used again.

`maju.layers` is the truth that a reader can check; this is the same function made fast, and a test compares
the two. A layer that has no kernel here runs as it reads, within the plan.
"""

from maju.engine.plan import Plan

__all__ = ["Plan"]
