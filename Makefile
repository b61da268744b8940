# `make run` and `make test` need Python 3.11 or newer and pip; everything else is set up in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# two processes; tests of one group follow each other
TWO := -p no:benchmark -n 2 --dist loadgroup
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run test long proof chaos mutation lint docs bench performance clean

help:
	@echo "make run         set up .venv, run configs/quickstart.yaml, print the answer, where its files are, and its page"
	@echo "make test        set up .venv with the test tools and run the tests"
	@echo "make long        the tests that make test leaves out, the longest ones in part"
	@echo "make proof       every test, the long ones too; writes docs/verification.md"
	@echo "make chaos       kill, cut off, damage and hinder runs and clusters; writes docs/reliability.md (as root: nodes of their own)"
	@echo "make mutation    plant all faults in the kernel and the estimators, list those that no test notices"
	@echo "make lint        ruff, mypy and the import contracts"
	@echo "make docs        the documentation as a site, in build/site"
	@echo "make bench       the benchmarks"
	@echo "make performance measures this machine; writes docs/performance.md"
	@echo "make clean       remove .venv and caches (results/ is kept)"

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "csmc needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml constraints.txt
	@echo "installing csmc and what it needs into $(VENV) (a few minutes the first time)"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/developed: $(VENV)/installed
	@echo "installing the test and lint tools into $(VENV)"
	@$(INSTALL) -e '.[test,browser,lint,bench,docs]'
	@touch $@

run: $(VENV)/installed
	@$(BIN)/csmc run configs/quickstart.yaml
	@echo
	@$(BIN)/csmc report results/quickstart --brief

test: $(VENV)/developed
	@$(BIN)/python -m pytest $(TWO)

long: $(VENV)/developed
	@$(BIN)/python -m pytest $(TWO) -m proof

proof: $(VENV)/developed
	@CSMC_THOROUGH=1 $(BIN)/python -m pytest $(TWO) -m "proof or not proof" --evidence=docs/verification.md

chaos: $(VENV)/developed
	@CSMC_KILLS=100 $(BIN)/python -m pytest -m "proof or not proof" -p no:benchmark --faults=docs/reliability.md tests/chaos

mutation: $(VENV)/developed
	@$(BIN)/python -m tests.mutation kernel
	@$(BIN)/python -m tests.mutation estimate

lint: $(VENV)/developed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/developed
	@$(BIN)/python docs/generate.py
	@$(BIN)/python -m sphinx -q --fail-on-warning --keep-going --fresh-env -b html -d build/doctrees docs build/site
	@echo "the documentation is in build/site; begin with build/site/index.html"

bench: $(VENV)/developed
	@$(BIN)/python -m pytest bench --benchmark-only

performance: $(VENV)/developed
	@echo "installing other tools to compare with"
	@$(INSTALL) -e '.[peers]'
	@$(BIN)/python -m bench.report

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .benchmarks build dist
	find csmc tests bench experiments -name __pycache__ -type d -prune -exec rm -rf {} +
