# The commands of this project; each makes its own environment first.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check lint types docs clean help

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("maju needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP)  ## train four small models with Keras, run them from scratch, compare
	$(BIN)/maju demo

test: $(STAMP) lint types  ## lint, types and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP) lint types  ## the fast subset, in under two minutes
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not slow' -q

lint: $(STAMP)  ## ruff, both the linter and the formatter
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests

types: $(STAMP)  ## mypy, strict
	$(BIN)/mypy

docs: $(STAMP)  ## build the user's guide into site/
	$(BIN)/python -m pip install --quiet -e '.[docs]'
	$(BIN)/mkdocs build --strict

clean:  ## remove what the commands made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis site build dist
