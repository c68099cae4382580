# Sets everything up in .venv from the locks (pinned, with hashes), then runs.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RUN := .venv/installed
DEV := .venv/installed-dev
LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet

.PHONY: help setup study test test-all format lock bench docs clean

help:
	@echo "make study    set up and study the ILRS for a year (report in studies/ilrs)"
	@echo "make test     set up and run every check and test (CI=true adds the long ones)"
	@echo "make test-all the same with the long tests"
	@echo "make setup    set up only; then use .venv/bin/moonstation"
	@echo "make bench    run the benchmarks by hand"
	@echo "make docs     write the generated pages of docs/ anew"

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "moonstation needs Python 3.11 or newer: run 'make PYTHON=/path/to/python3.11 ...'"; exit 2; }
	@echo "setting up .venv (once; a minute or two)"
	@$(PYTHON) -m venv .venv

$(RUN): requirements.lock pyproject.toml | .venv/bin/python
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps -e .
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "adding what the tests need (once)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(RUN)

# Exit status 1 says that a requirement is not met: the study itself ran, so make succeeds.
study: $(RUN)
	@$(BIN)/moonstation study ilrs --out studies/ilrs || test $$? -eq 1

test: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 $(if $(filter true,$(CI)),,-m "not slow")

test-all:
	@$(MAKE) --no-print-directory test CI=true

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(DEV)
	$(BIN)/uv pip compile pyproject.toml $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.lock $(LOCK) -o requirements-dev.lock

bench: $(DEV)
	@for b in benchmarks/*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

docs: $(DEV)
	$(BIN)/python tools/make_station_reference.py
	$(BIN)/python tools/make_summary_reference.py

clean:
	rm -rf .venv build dist studies
