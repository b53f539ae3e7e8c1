# The two commands of the README are `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two more than there are processors: tests wait for their servers.
PYTEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
# 100,000 endpoints take an hour, and are asked for: BENCH_FLEET_SIZES=1000,10000,100000.
BENCH_FLEET_SIZES ?= 1000,10000

.PHONY: help demo test lint types imports unit bench bench-fleet docs lock new-check clean
.PHONY: test-servers test-nodes test-sarif test-ech test-collect

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

demo: $(VENV)/.runtime ## replay a real move to HTTPS on loopback and write its report
	@$(BIN)/tlsaudit demo

# What waits for the network runs side by side, then what reads the code and compiles.
test: ## install what the tests need, then lint, types, import rules and all tests
	@$(MAKE) --no-print-directory -j4 $(VENV)/.dev test-servers test-nodes test-sarif
	@$(MAKE) --no-print-directory -j5 types test-ech test-collect lint imports
	@$(MAKE) --no-print-directory unit

test-servers:
	@scripts/install-test-servers

test-nodes:
	@scripts/fetch-test-nodes

test-sarif:
	@scripts/fetch-test-sarif

test-ech: $(VENV)/.dev
	@[ ! -x $(BIN)/go ] || scripts/build-test-ech $(BIN)/go >/dev/null

# Else each worker would compile all tests, at the same time.
test-collect: $(VENV)/.dev
	@said=$$($(BIN)/pytest --collect-only -qq) || { echo "$$said"; exit 1; }

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	PYTHONPATH=src:. $(BIN)/lint-imports

unit: $(VENV)/.dev
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist worksteal

bench: $(VENV)/.dev ## measure against sslyze, sslscan and nmap in one run (BENCH_FLEET=1000, BENCH_SLOW_FLEET=200)
	$(BIN)/python -m bench

bench-fleet: $(VENV)/.dev ## audit fleets of the load lab, as root (BENCH_FLEET_SIZES=1000,10000)
	$(BIN)/python -m bench.fleet --sizes $(BENCH_FLEET_SIZES)

docs: $(VENV)/.dev ## write the pages that are generated: the command line, the checks
	$(BIN)/python scripts/generate_docs.py

new-check: $(VENV)/.dev ## scaffold a check and its test: make new-check NAME=hsts-preload
	@$(BIN)/python scripts/new_check.py "$(NAME)"

# One solution for everything, so that what users install is what the tests saw. Needs uv.
lock: ## solve the dependencies anew
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-strip-extras --custom-compile-command 'make lock' --upgrade \
	  --group pyproject.toml:build --group pyproject.toml:test --all-extras pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-strip-extras --custom-compile-command 'make lock' -c requirements-dev.lock \
	  --group pyproject.toml:build --extra report --extra forecast --extra gate pyproject.toml -o requirements.lock

$(VENV)/bin/python:
	@scripts/make-venv "$(PYTHON)" $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The lock is complete. Most of it is never imported, and would take half a minute to compile.
$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV)"
	@$(BIN)/pip install --no-compile --no-deps --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

clean: ## remove what was built
	rm -rf $(VENV) build src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
