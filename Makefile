# The commands of this project; each makes its own environment first.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: bench demo test check lint types tables docs clean help

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("maju needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	# Keras 2 of today, for the tests. What it depends on would bring TensorFlow's GPU build beside the CPU's.
	$(BIN)/python -m pip install --quiet --no-deps tf_keras
	touch $(STAMP)

demo: $(STAMP)  ## train four small models with Keras, run them from scratch, compare
	$(BIN)/maju demo

test: $(STAMP) lint types  ## lint, types and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP) lint types  ## lint, types and each tenth of the quick tests, in under two minutes
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not slow' -q --every 10

lint: $(STAMP)  ## ruff, both the linter and the formatter
	$(BIN)/ruff check src tests fuzz benchmarks
	$(BIN)/ruff format --check src tests fuzz benchmarks

types: $(STAMP)  ## mypy, strict
	$(BIN)/mypy

tables: $(STAMP)  ## write the guide's list of layers anew, from the Keras that is installed
	PYTHONPATH=tests $(BIN)/python -m supported_layers

bench: $(STAMP)  ## predictions beside Keras, a tf.function and ONNX Runtime: a table, JSON and a plot
	$(BIN)/python -m pip install --quiet -e '.[bench]'
	$(BIN)/python benchmarks/inference.py --json benchmarks/inference.json --plot benchmarks/inference.png

docs: $(STAMP)  ## build the user's guide into site/
	$(BIN)/python -m pip install --quiet -e '.[docs]'
	$(BIN)/mkdocs build --strict

clean:  ## remove what the commands made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis site build dist
