"""Experiments: models that Keras or maju trains in a process of its own, and maju evaluates from scratch.

An `Experiment` says what to train on what, and with what. `training` runs in a child process and writes a
checkpoint an epoch; `programs`, which alone imports Keras, has what differs between Keras and maju there.
`evaluation` opens the saved model here and compares. `runner` does both for one experiment; `demo` is the
smallest use of it.

A `Study` is a TOML file of experiments. `grid` runs studies in a folder that can be stopped, continued and
shared; `ray_executor` does so on several machines; `report` makes a page of what came of them.
"""
