# `make` alone prints the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
JOBS ?= 2
BIN := $(CURDIR)/.venv/bin
RUN := PATH="$(BIN):$$PATH" DVC_NO_ANALYTICS=1
REPRO = $(RUN) python -m stages.repro --jobs $(JOBS)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## the environment in .venv, as pinned in requirements.lock

demo: .venv/installed ## the pipeline on the two embedded data sets, five methods, in demo/: 6 minutes on 2 cores
	@$(MAKE) --no-print-directory sandbox DIR=demo BUDGET=laptop DATASETS="pendulum, digits"
	@cat demo/reports/laptop/table.md
	@echo "report:  demo/reports/laptop/index.html"
	@echo "figures: demo/reports/laptop/figures/"

smoke: .venv/installed ## every stage and method in 3 minutes, in smoke/; with VHP_DATA also static MNIST and human motion
	@$(MAKE) --no-print-directory sandbox DIR=smoke BUDGET=smoke \
		DATASETS="pendulum, digits$(if $(VHP_DATA),$(COMMA) static_mnist$(COMMA) motion)"
	@cat smoke/reports/smoke/table.md

table: .venv/installed ## dvc repro of the full matrix at the budget in params.yaml, JOBS=2 stages at once
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@$(REPRO)

data: .venv/installed ## download (or read from VHP_DATA), verify and prepare every data set, and print what is there
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@$(REPRO) --only download preprocess
	@$(RUN) python -m stages.inventory

test: .venv/installed ## all tests; with VHP_DATA those on real data, too
	@$(RUN) python -m pytest

lint: .venv/installed ## ruff, as in CI
	@$(RUN) ruff check . && $(RUN) ruff format --check .

lock: ## renew requirements.lock from pyproject.toml
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet '.[dev]'
	@.venv-lock/bin/pip freeze --exclude vhp | sed 's/^\(torch==[0-9.]*\).*/\1/' > requirements.lock
	@rm -rf .venv-lock build *.egg-info

clean: ## remove demo/ and smoke/ (what they computed stays in the cache)
	@rm -rf demo smoke

.venv/installed: requirements.lock
	@echo "installing into .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python %d.%d found, 3.11 or newer needed: make PYTHON=python3.11" % sys.version_info[:2])'
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

COMMA := ,
NO_GIT := found no git repository here, but DVC keeps its records in one: clone the project, or run git init

# A clone with the uncommitted changes laid over it, which shares this repository's cache: nothing is computed twice,
# and neither params.yaml nor dvc.lock nor the committed reports change. Checkpoints of an interrupted run are kept.
sandbox:
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@rm -rf .dvc/tmp/kept && mkdir -p .dvc/tmp && { mv $(DIR)/runs/checkpoints .dvc/tmp/kept 2>/dev/null || true; }
	@rm -rf $(DIR) && git clone --quiet . $(DIR) && mkdir -p $(DIR)/runs
	@git ls-files -z --deleted | (cd $(DIR) && xargs -0 rm -f)
	@git ls-files -z --cached --others --exclude-standard --deduplicate \
		| xargs -0 sh -c 'for f; do test -e "$$f" && printf "%s\0" "$$f"; done' sh \
		| tar --null -T - -c | tar -x -C $(DIR)
	@mv .dvc/tmp/kept $(DIR)/runs/checkpoints 2>/dev/null || true
	@cd $(DIR) && $(RUN) dvc cache dir --local "$(CURDIR)/.dvc/cache"
	@cd $(DIR) && sed -e 's/^budget:.*/budget: $(BUDGET)/' -e 's/^datasets:.*/datasets: [$(DATASETS)]/' \
		-e 's/^seeds:.*/seeds: [0]/' params.yaml > params.new && mv params.new params.yaml
	@if [ -n "$$VHP_DATA" ]; then VHP_DATA=$$(CDPATH= cd "$$VHP_DATA" && pwd) || exit 1; export VHP_DATA; fi; \
		cd $(DIR) && $(REPRO)

.PHONY: help install demo smoke table test lint lock clean sandbox
