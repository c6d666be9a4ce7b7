# Every target says what it does: make help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check format bench neo4j lock coverage clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*?## ' $(MAKEFILE_LIST) | sort | awk -F ':.*?## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) scripts/bootstrap.py $(VENV)
	@touch $@

setup: $(VENV)/.ready ## create the virtual environment from the lock file

demo: setup ## a sample network through load, features, training, scoring, a decision and the console (SERVE=0: stop before it)
	@$(BIN)/graphcredit demo $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: setup ## the whole suite, real Neo4j and real browser included
	@$(BIN)/python scripts/parts.py
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" $(ARGS)

test-all: setup ## the suite with the slow sweeps
	@$(BIN)/python scripts/parts.py
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

coverage: setup ## the suite with a coverage report in htmlcov/
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" --cov --cov-report=term:skip-covered --cov-report=html

check: setup ## lint, format, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## every benchmark beside its peer (QUICK=1: small sizes)
	@$(BIN)/python scripts/bootstrap.py $(VENV) --bench
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick,)

neo4j: setup ## start a local Neo4j for development (Docker where an engine runs, else the Java artifacts)
	@$(BIN)/python scripts/neo4j_server.py run

lock: setup ## resolve pyproject.toml anew into requirements.lock
	@$(BIN)/python scripts/bootstrap.py $(VENV) --lock

clean: ## remove caches, the demo and the virtual environment
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache htmlcov .coverage demo
