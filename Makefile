# make certify: set everything up, check the bundled reference broker (or URL=https://host), write a report.
# make test:    set everything up, run the project's tests.
# Variables:    URL, DEPTH=quick|standard, PROFILE, ARGS (further options of the command).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help setup certify test test-faults test-wheel bench-certify bench-broker bench-discovery mutants lint types layers check lock clean

help:
	@sed -n 's/^# //p' Makefile | head -3
	@echo "also:         make check (lint, types, layers)   make test-faults   make test-wheel   make mutants   make lock   make clean"

setup: $(VENV)/.synced

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Say which with PYTHON=python3.12"; exit 4; }
	@if command -v uv >/dev/null 2>&1; then mkdir -p .uv/bin && ln -sf "$$(command -v uv)" $(UV); \
	else test -w . || { echo "This folder cannot be written to, so nothing can be set up in it"; exit 4; }; \
	$(PYTHON) -m venv .uv || { echo "No virtual environment can be made: on Debian and Ubuntu install python3-venv"; rm -rf .uv; exit 4; }; \
	.uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'; fi

$(VENV)/.synced: requirements.lock pyproject.toml | $(UV)
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

certify: setup
	@$(BIN)/ainp-harness certify $(URL) $(if $(DEPTH),--depth $(DEPTH)) $(if $(PROFILE),--profile $(PROFILE)) $(ARGS)

test: setup
	@$(BIN)/python -m pytest tests -n 2 --dist loadfile $(ARGS)

# The reference broker under load while its services and its instances are taken away, about four minutes.
test-faults: setup
	@$(BIN)/python -m pytest tests/faults -m faults $(ARGS)

test-wheel: setup
	@$(BIN)/python scripts/test_wheel.py

# Does the suite find what it says it finds: every broken broker of tests/mutants, two at a time, some 15 minutes; ARGS="limit_50 replay_1s" for some.
mutants: setup
	@$(BIN)/python scripts/mutants.py $(ARGS)

bench-certify: setup
	@$(BIN)/python scripts/bench_certify.py $(ARGS)

# What one instance of the reference broker can do on one core, and how its index finds; on a machine that does nothing else.
bench-broker: setup
	@$(BIN)/python -m scripts.bench_broker $(ARGS)

bench-discovery: setup
	@$(BIN)/python -m scripts.bench_discovery $(ARGS)

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

layers: setup
	@$(BIN)/lint-imports

check: lint types layers

# Pins with hashes and without any address: `uv lock` would write the index's addresses.
lock: $(UV)
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --group dev -o requirements.lock

clean:
	rm -rf $(VENV) .uv build dist runs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
