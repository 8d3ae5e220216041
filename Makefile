# The commands of this repository. `make` alone lists them.
# Needs Python 3.11 or newer, make and git; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVER := $(VENV)/server-installed
DEV := $(VENV)/dev-installed
AUDIT := $(VENV)/audit/installed
# More than there are cores: the tests mostly wait. `make test PROCESSES=0` runs them one after the other.
PROCESSES ?= 5
# How long `make fuzz` goes on.
MINUTES ?= 30

# Several processes import the same, so what one of them compiles is kept for the others.
export PYTHONDONTWRITEBYTECODE :=

# The lock names everything, so nothing is resolved; what is used is compiled when it is first used.
PIP := --quiet --disable-pip-version-check --require-hashes --no-deps --no-compile
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help demo run test lint types check format docs messages vendor lock audit sbom bench faults fuzz texts clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(DEV) ## start the server and a real spider on a sample shop, and print where to look
	@$(BIN)/python -m demo

run: $(SERVER) ## migrate the database and serve
	@$(BIN)/python -m flask --app wsgi db upgrade
	@$(BIN)/python wsgi.py

test: $(DEV) ## run the tests, with the real parts they drive; says at its end what it skipped and why
	@$(BIN)/python -m tests.parts
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder --durations=20

lint: $(DEV) ## lint, formatting and import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(DEV) ## check the types
	$(BIN)/mypy

check: lint ## all that must hold before a change goes in: lint, imports, types, tests
	@$(MAKE) --no-print-directory --jobs=2 types test || { $(BIN)/mypy; exit 1; }  # what is wrong with types, at the end

format: $(DEV) ## format the code, and mend what the linter can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV) ## print the reference pages from the tables of the code
	$(BIN)/python -m docs.build

messages: $(DEV) ## bring the translations up to date with the strings of the code
	$(BIN)/python -m docs.translations

vendor: $(DEV) ## fetch the libraries that pages load, at the versions in app/dashboard/vendor.py
	$(BIN)/python -m app.dashboard.vendor

lock: $(DEV) ## lock the requirements anew from the groups in pyproject.toml
	$(LOCK) pyproject.toml --group server --output-file requirements.txt
	$(LOCK) pyproject.toml --group server --group dev --output-file requirements-dev.txt
	$(LOCK) --group mongodb-server --output-file tests/mongodb-server.txt
	$(LOCK) --group audit --output-file tests/audit.txt

audit: $(AUDIT) ## ask whether anything locked has a known weakness; fails, too, where that can't be asked
	$(VENV)/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.txt -r requirements-dev.txt
	npm audit --prefix tests/e2e/node
	npm audit --prefix bench/peers

sbom: $(AUDIT) ## list every part of the server with its version, hashes and licence: sbom.json, in CycloneDX
	$(VENV)/audit/bin/cyclonedx-py requirements --output-reproducible --output-file sbom.json requirements.txt
	@$(BIN)/python -m docs.sbom sbom.json

bench: $(DEV) ## measure speed, start and memory, beside a reference in Node; a table at the end
	@$(BIN)/python -m bench

faults: $(DEV) ## kill, cut, fill and corrupt at length; prints docs/faults.md
	@$(BIN)/python -m pytest tests/faults --faults=long

fuzz: $(DEV) ## ask the API, its sockets and all readers of texts at random for MINUTES=30; says what it found
	@$(BIN)/python -m pytest tests/reference/test_asked.py tests/fuzz --fuzz=$(MINUTES) --timeout=0 -s

texts: $(DEV) ## open every page with every text of the corpus in every field, in a browser; about half an hour
	@$(BIN)/python -m pytest tests/e2e/test_every_text.py --texts=all --timeout=0

clean: ## remove what the tools made, but no data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf tests/e2e/node/node_modules bench/peers/node_modules

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -m venv $(VENV)

$(SERVER): requirements.txt | $(BIN)/python
	@echo "Installing into $(VENV) (about a minute) …"
	@$(BIN)/python -m pip install $(PIP) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt | $(BIN)/python
	@echo "Installing into $(VENV) (about a minute) …"
	@$(BIN)/python -m pip install $(PIP) -r requirements-dev.txt
	@touch $@ $(SERVER)

$(AUDIT): tests/audit.txt | $(BIN)/python
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install $(PIP) -r tests/audit.txt
	@touch $@
