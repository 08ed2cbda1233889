"""Experiments: models that Keras trains in a process of its own, and maju evaluates from scratch.

An `Experiment` says what to train on what. `run_experiments` trains each in a child process, which alone
imports Keras, evaluates the saved model here, and gives a `Result` a row; `tables` and `plots` show them.
`demo` is the smallest use of it all.
"""
