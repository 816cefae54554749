# Everything starts from a checkout, Python 3.11+ with venv, and the package registries.
PYTHON ?= python3
BIN := .venv/bin
LOCK := requirements-dev.lock
UV_VERSION := 0.13.8
STAMP := .venv/.installed

.PHONY: help sandbox run test guarantees guarantees-life check format lock clean bench
help:
	@echo "make sandbox | run | test | guarantees | guarantees-life | check | format | lock | bench | clean"

$(STAMP): $(LOCK) pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --require-hashes -r $(LOCK)
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

sandbox: $(STAMP)
	@$(BIN)/linkhive sandbox

run: $(STAMP)
	@$(BIN)/linkhive run

test: $(STAMP)
	@$(BIN)/python tests/system_packages.py
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

# The promises of the README's table at their full size: within an hour.
FULL_SIZE = GUARANTEES=full $(BIN)/python -m pytest -n 3 --dist loadgroup --timeout 3600 -vv --durations 30
# A week of 250 chats, and a hundred deletions and restores of whole lives: a quarter of an hour of their own.
LIFE = tests/guarantees/test_e2_forget.py tests/guarantees/test_e3_backups.py tests/guarantees/test_week.py

guarantees: $(STAMP)
	@$(BIN)/python tests/system_packages.py
	@$(FULL_SIZE) tests/guarantees $(LIFE:%=--ignore=%)

guarantees-life: $(STAMP)
	@$(BIN)/python tests/system_packages.py
	@$(FULL_SIZE) $(LIFE)

check: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.common.yaml compose.yaml compose.replicas.yaml

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# The lock names no registry: versions and hashes only, so it works behind any mirror.
lock:
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml --group dev -o requirements-dev.lock

bench: $(STAMP)
	@$(BIN)/python -m bench

clean:
	rm -rf .venv build *.egg-info data
