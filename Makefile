# Targets for people; `make help` lists them. Each environment is made once and again only when
# pyproject.toml or constraints.txt change.

VENV   ?= .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help serve test test-slow test-ray bench bench-archive hard check format train wheel licences sbom lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

serve: $(VENV)/.serve  ## open the page with the shipped release (no torch needed)
	$(BIN)/diplotone-serve

test: $(VENV)/.all  ## the fast tests
	$(BIN)/pytest -q -m "not slow" -n 2 --dist loadgroup

test-slow: $(VENV)/.all  ## training, all labelled data, page, command line, wheel
	$(BIN)/pytest -q -m slow -n 2 --dist loadfile --durations 12

test-ray: $(VENV)/.ray  ## Ray writes what the usual way writes (installs Ray, a quarter of a gigabyte)
	$(BIN)/pytest -q -m slow tests/model/archive/test_processes.py -k ray

bench: $(VENV)/.bench  ## how fast it is beside other systems, into docs/; some five minutes on a quiet machine
	$(BIN)/python -m tests.bench

bench-archive: $(VENV)/.all  ## how fast a large archive is scored, with 100,000 rows from end to end, into docs/; some ten minutes
	$(BIN)/python -m tests.bench.archive --end-to-end 100000

hard: $(VENV)/.all  ## half an hour of bad input, load and faults; figures into runs/hard
	$(BIN)/python -m tests.hard --out runs/hard

check: $(VENV)/.all  ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/.all  ## mend style and format where that can be done safely
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: $(VENV)/.all  ## fit a release into runs/, by the recipe in configs/train.toml
	$(BIN)/diplotone-train fit --config configs/train.toml

wheel: $(VENV)/.all  ## build the wheel into dist/
	$(BIN)/python -m build --wheel

licences: $(VENV)/.all  ## list the packages that are needed with their licences, in docs/licences.md
	$(BIN)/python .ci/inventory.py licences

sbom: $(VENV)/.all  ## write the bill of materials, sbom.json (CycloneDX)
	$(BIN)/python .ci/inventory.py sbom

lock: $(VENV)/.all  ## pin what the service needs by hash, in serve.lock (asks the package index)
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip --quiet install uv
	build/lock/bin/uv pip compile -q pyproject.toml --extra serve -c constraints.txt --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o serve.lock

clean:  ## remove the environment and what was built
	rm -rf $(VENV) build dist *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[serve]'
	@touch $@

# The everything-environment contains the serving one, so it counts for both.
$(VENV)/.all: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[train,serve,dev]'
	@touch $@ $(VENV)/.serve

$(VENV)/.ray: $(VENV)/.all
	$(PIP) install -c constraints.txt -e '.[train,serve,dev,ray]'
	@touch $@

$(VENV)/.bench: $(VENV)/.all
	$(PIP) install -c constraints.txt -e '.[train,serve,dev,bench]'
	@touch $@
