# Each target uses the environment that tools/setup.sh makes (see tools/environment.sh).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
IN_ENV := source tools/environment.sh &&

.PHONY: help setup format lint type-check test check audit fuzz quickstart bench measure chaos constraints soak docs notebooks clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make the environment, install, fetch WordNet
	tools/setup.sh

format: ## Format the sources and mend what the linter can
	$(IN_ENV) ruff check --fix . && ruff format .

lint: ## Lint, check the format and the spelling
	$(IN_ENV) ruff check . && ruff format --check . && codespell && shellcheck -x tools/*.sh .ci/run

type-check: ## Check the types of iclip/ and tools/
	$(IN_ENV) mypy

test: ## Run the tests; ARGS="tests/text -k wordnet" goes to pytest
	tools/test.sh $(ARGS)

check: ## Everything that a change must pass
	bash .ci/run

quickstart: ## From nothing to a trained and evaluated micro iCLIP
	tools/quickstart.sh

bench: ## The methods beside each other on the toy world (an hour and more)
	tools/compare_methods.sh

measure: ## Speed and memory; ARGS="classes --markdown" goes to tools/benchmark.py
	$(IN_ENV) python tools/benchmark.py $(ARGS)

audit: ## Known faults of the tested versions (pip-audit; exit code 69 without the index's data)
	tools/audit.sh

fuzz: ## Feed the readers nearly right files for ten minutes each; ARGS="tars --minutes 1" are options
	$(IN_ENV) PYTHONPATH=. python -m tests.fuzz $(ARGS)

chaos: ## Inject faults into small trainings, and count what is lost; ARGS="kill --rounds 30"
	$(IN_ENV) OMP_NUM_THREADS=1 PYTHONPATH=. python -m tests.chaos $(ARGS)

constraints: ## Write the installed versions to constraints.txt (CUDA 12: to constraints-cuda12.txt)
	$(IN_ENV) python tools/freeze_versions.py

soak: ## Two hours of training under watch: nothing may grow; ARGS="--minutes 10" for less
	$(IN_ENV) python -m tests.soak $(ARGS)

docs: ## Build the documentation site, work_dirs/site, and check its links; no network
	$(IN_ENV) export NO_MKDOCS_2_WARNING=1 && mkdocs build --strict --quiet && python -m tests.site work_dirs/site

notebooks: ## Run the notebooks on the toy world, after the quickstart
	$(IN_ENV) PYTHONPATH=. python -m tests.notebooks $(ARGS)

clean: ## Delete caches; data/, work_dirs/ and the environment stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find iclip tools tests -name __pycache__ -type d -prune -exec rm -rf {} +
