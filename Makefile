# Every target installs what it needs into .venv; a bare machine needs Python 3.11, make and a package index.
.DEFAULT_GOAL := check
.PHONY: demo test check bench golden docs soak clean

PYTHON ?= $(shell command -v python3.11 || echo python3)
BIN := .venv/bin
READY := .venv/.ready
SIZE ?= small

# $(READY) is a stamp: the environment is refreshed when the declared dependencies change.
$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	@touch $@

demo: $(READY)  ## make the example project in build/demo and run it
	@tools/demo.sh

.PHONY: system
system:  ## Debian packages of the servers that tests start
	@tools/system.sh

test: $(READY) system  ## the whole suite, without the soak counts
	$(BIN)/python -m pytest -q -n 2 -m "not soak"

check: $(READY)  ## what to run before every commit: style, types, contracts, quick tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q $(wildcard tests/unit tests/golden tests/docs)

bench: $(READY) system  ## every promise in numbers against plain DuckDB; SIZE=full for the largest
	$(BIN)/python -m benchmarks --size $(SIZE)

golden: $(READY)  ## rewrite the golden files; review the diff before you commit it
	ANDON_GOLDEN=rewrite $(BIN)/python -m pytest -q -p no:randomly tests/golden
	git diff --stat -- tests/golden

docs: $(READY)  ## make the generated pages; then all examples run, and all that exists is documented
	$(BIN)/python tools/docs.py
	$(BIN)/python -m pytest -q tests/docs

soak: $(READY) system  ## full counts of fault and property tests; prints the seed of a failure
	$(BIN)/python -m pytest -q -n 2 -m soak

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
