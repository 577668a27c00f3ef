# Every verb sets itself up: the virtual environment follows the lock files, and stamp files make a second run instant.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
# Of the tests' processes, at most. There is one more than there are processors: many tests wait for a server.
WORKERS ?= 4
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test bench lint lock pictures clean tools

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUNTIME) ## Create the virtual environment from the lock

run: $(RUNTIME) ## Serve the demo on 127.0.0.1:8000 (ANNUAIRE_PORT changes the port)
	$(BIN)/annuaire demo run

test: tools lint ## Run the linters, then every test, real engines and browser included
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) \
		--maxprocesses $(WORKERS) --dist worksteal

bench: tools ## Measure both engines and print each number beside its bound
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.weights
	$(BIN)/python -m benchmarks.feeds --agendas 60000
	$(BIN)/python -m benchmarks.checks

lint: $(DEVELOPMENT) ## Check format, style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: | $(BIN)/python ## Renew the lock files from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --upgrade pyproject.toml --output-file requirements.lock
	$(COMPILE) --upgrade --extra dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock

pictures: tools ## Take the README's pictures from the running demo
	$(BIN)/python scripts/pictures.py

clean: ## Remove the virtual environment and the caches; var/, the data, stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

tools: $(DEVELOPMENT)
	@bash scripts/test_tools.sh
