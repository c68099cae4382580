# Sets everything up in .venv from requirements.lock (pinned, with hashes), then runs.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: help setup study test test-all format lock bench docs clean

help:
	@echo "make study    set up and study the ILRS for a year (report in studies/ilrs)"
	@echo "make test     set up and run every check and test (CI=true adds the long ones)"
	@echo "make test-all the same with the long tests"
	@echo "make setup    set up only; then use .venv/bin/moonstation"
	@echo "make bench    run the benchmarks by hand"
	@echo "make docs     write the generated pages of docs/ anew"

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "moonstation needs Python 3.11 or newer: run 'make PYTHON=/path/to/python3.11 ...'"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP)

# Exit status 1 says that a requirement is not met: the study itself ran, so make succeeds.
study: $(STAMP)
	@$(BIN)/moonstation study ilrs --out studies/ilrs --force || test $$? -eq 1

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 $(if $(filter true,$(CI)),,-m "not slow")

test-all:
	@$(MAKE) --no-print-directory test CI=true

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url -o requirements.lock

bench: $(STAMP)
	@for b in benchmarks/*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

docs: $(STAMP)
	$(BIN)/python tools/make_station_reference.py

clean:
	rm -rf .venv build dist studies
