# Two commands do all the set-up: `make demo` and `make test`. Both need only Python >= 3.11 and venv.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN = .venv/bin
# The suite runs in three processes, as many tests wait; one that hangs is ended by pytest-timeout.
PYTEST = $(BIN)/python -m pytest -n 3

# An editable install finds new modules by itself, but not new metadata.
unexport PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED

.PHONY: all
all: lint types docs-check test  ## What CI runs: lint, types, generated docs, all tests

.PHONY: help
help:  ## Show the targets
	@awk -F':.*## ' '/^[a-z_%-]+:.*## / {sub(/:.*/, "", $$1); printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/made: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/dev: .venv/made
	$(BIN)/pip install --quiet --group dev
	@touch $@

.PHONY: demo
demo: .venv/made  ## Install into .venv and take a short tour on files of this machine
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/demo.sh

.PHONY: test
test: .venv/dev  ## Run the process tests on the other Pythons, then all tests on one
	@sh scripts/test_other_pythons.sh $(BIN)/python
	$(PYTEST) -m "not soak"

test_%: .venv/dev  ## make test_NAME: run the tests whose name has NAME
	$(PYTEST) -m "not soak" -k "$*"

.PHONY: soak
soak: .venv/dev  ## Run the long fault tests
	$(PYTEST) -m soak --timeout 1800

.PHONY: lint
lint: .venv/dev  ## Check style and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

.PHONY: types
types: .venv/dev  ## Check types, strictly
	$(BIN)/mypy

.PHONY: docs
docs: .venv/made  ## Write each command's help into its page
	$(BIN)/python scripts/docs.py

.PHONY: docs-check
docs-check: .venv/made
	$(BIN)/python scripts/docs.py --check

.PHONY: bench
bench: .venv/dev  ## Measure an installed wheel beside its peers
	$(BIN)/python bench/run.py

.PHONY: dist
dist: .venv/dev  ## Build the sdist, the wheel and stdtools.pyz, one file, into dist/
	rm -rf dist
	$(BIN)/python -m build --quiet
	$(BIN)/python scripts/single_file.py

.PHONY: fresh
fresh: dist  ## Build twice, compare, and install in every way that README names
	mkdir -p build && rm -rf build/first && mv dist build/first
	$(MAKE) dist
	for made in dist/*; do cmp "$$made" "build/first/$${made##*/}" || exit 1; done
	rm -r build/first
	sh scripts/fresh.sh "$(PYTHON)"

.PHONY: clean
clean:  ## Remove everything that make made
	rm -rf .venv .venvs dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
