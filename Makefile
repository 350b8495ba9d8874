# The commands of this project. `make` alone lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501

.DEFAULT_GOAL := help
.PHONY: help setup run publish test lint evaluate bench clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16

# A stamp per requirements file: nothing is installed twice, and a changed file installs again.
$(VENV)/.run: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {v.major}.{v.minor}. Install a newer one, then: make run PYTHON=python3.11")'
	@echo "→ Creating the environment in $(VENV)"
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)  # without pip it was left half made
	@echo "→ Installing what the assistant needs (the first time takes some minutes)"
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -q -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	@echo "→ Installing the tools for development and tests"
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -q -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.run  ## create the environment

publish: $(VENV)/.run  ## publish the articles in corpus/ if they changed
	@$(BIN)/python ingest.py

run: publish  ## set up, publish and serve the chat on http://localhost:8501
	@echo "→ The chat opens on http://localhost:$(PORT) (stop it with Ctrl+C)"
	@$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/.dev  ## set up and run the tests
	@echo "→ Running the tests"
	@$(BIN)/python -m pytest

lint: $(VENV)/.dev  ## style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

evaluate: $(VENV)/.run  ## quality of triage, retrieval and answers, in figures, on what is live
	@$(BIN)/python -m assistant evaluate

bench: $(VENV)/.dev  ## speed of answers and publications, and publications killed half-way (takes long)
	@for file in benchmarks/*.py; do echo "→ $$file"; $(BIN)/python $$file || exit 1; done

clean:  ## remove the environment, the store and all caches
	rm -rf $(VENV) .store .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
