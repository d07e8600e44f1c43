# Two commands matter: `make up` serves the city, `make test` runs the tests. Each sets up what it needs.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: up down test lint check bench clean constraints

up:  ## set up, start the database, load the sample city if there is none, serve
	@$(PYTHON) scripts/bootstrap.py up
	@exec $(BIN)/cim up $(ARGS)

down:  ## stop the embedded database
	@if [ -x $(BIN)/cim ]; then $(BIN)/cim down; fi

test:  ## set up and run the tests, a process a core; ARGS go to pytest in place of that
	@$(PYTHON) scripts/bootstrap.py test
	@exec $(BIN)/python -m pytest $(or $(ARGS),-n logical --maxprocesses 4)

lint:  ## lint, format, types and the import rule
	@$(PYTHON) scripts/bootstrap.py test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test  ## all that CI runs

bench:  ## print our speed beside the named baselines, measured in this run
	@$(PYTHON) scripts/bootstrap.py bench
	@for each in benchmarks/*.py; do $(BIN)/python $$each || exit; done

clean: down  ## remove .venv, caches and node_modules; the data in CIM_HOME stays
	@$(PYTHON) scripts/bootstrap.py clean

constraints:  ## pin the newest versions that pyproject.toml allows
	@$(PYTHON) scripts/bootstrap.py constraints
