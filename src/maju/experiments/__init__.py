"""Experiments: models that Keras trains in a process of its own, and maju evaluates from scratch.

An `Experiment` says what to train on what. `training`, which alone imports Keras, runs in a child process and
writes a checkpoint an epoch; `evaluation` opens the saved model here and compares. `runner` does both for one
experiment; `demo` is the smallest use of it.

A `Study` is a TOML file of experiments. `grid` runs studies in a folder that can be stopped, continued and
shared; `ray_executor` does so on several machines; `report` makes a page of what came of them.
"""
