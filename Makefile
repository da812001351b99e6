# `make` alone prints the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
JOBS ?= 2
BIN := $(CURDIR)/.venv/bin
RUN := PATH="$(BIN):$$PATH" DVC_NO_ANALYTICS=1
REPRO = $(RUN) python -m stages.repro --jobs $(JOBS)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

study: .venv/installed ## e.g. PARAM=kappa.digits VALUES="0.5 0.55": reports/studies/<PARAM>/; also METHODS, SEEDS, DATASETS, SET
	@test -n "$(PARAM)" -a -n "$(VALUES)" || { echo 'expected PARAM=<name> VALUES="<value> <value> ..."'; exit 1; }
	@$(MAKE) --no-print-directory clone DIR="studies/$(PARAM)"
	@$(MIRROR) cd "studies/$(PARAM)" && $(RUN) python -m stages.study --jobs $(JOBS) --param "$(PARAM)" \
		--values $(VALUES) --methods $(METHODS) --datasets $(DATASETS) --seeds $(SEEDS) --budget $(or $(BUDGET),laptop) \
		--set $(SET)
	@mkdir -p reports/studies && rm -rf "reports/studies/$(PARAM)" \
		&& cp -R "studies/$(PARAM)/reports/studies/$(PARAM)" reports/studies/
	@cat "reports/studies/$(PARAM)/table.md"

pendulum: .venv/installed ## the poster's pendulum experiment, REWO and GECO, five seeds, in pendulum/
	@$(MAKE) --no-print-directory sandbox DIR=pendulum BUDGET=laptop DATASETS=pendulum \
		METHODS="vhp_rewo, vhp_geco" SEEDS="0, 1, 2, 3, 4"
	@cat pendulum/reports/laptop/table.md

bench: .venv/installed ## speed against a naive reference and the bare matrix products: reports/bench.json; on a machine at rest
	@$(MIRROR) PYTHONPATH=tests:. $(RUN) python -m bench

mutations: .venv/installed ## plant each bug of tests/mutations/planted.py: do the tests notice?
	@$(RUN) python tests/mutations

table: .venv/installed ## dvc repro of the full matrix at the budget in params.yaml, JOBS=2 stages at once
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@$(REPRO)

data: .venv/installed ## download (or read from VHP_DATA), verify and prepare every data set, and print what is there
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@status=0; $(REPRO) --only preprocess || status=$$?; $(RUN) python -m stages.inventory; exit $$status

test: .venv/installed ## all tests; with VHP_DATA those on real data, too
	@$(RUN) python -m pytest

lint: .venv/installed ## ruff, as in CI
	@$(RUN) ruff check . && $(RUN) ruff format --check .

lock: ## renew requirements.lock from pyproject.toml
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet '.[dev]'
	@.venv-lock/bin/pip freeze --exclude vhp | sed 's/^\(torch==[0-9.]*\).*/\1/' > requirements.lock
	@rm -rf .venv-lock build *.egg-info

clean: ## remove demo/, smoke/, pendulum/ and studies/ (what they computed stays in the cache)
	@rm -rf demo smoke pendulum studies

.venv/installed: requirements.lock
	@echo "installing into .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python %d.%d found, 3.11 or newer needed: make PYTHON=python3.11" % sys.version_info[:2])'
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

COMMA := ,
NO_GIT := found no git repository here, but DVC keeps its records in one: clone the project, or run git init

# VHP_DATA may be relative to where make was called, and the commands run elsewhere.
MIRROR = if [ -n "$$VHP_DATA" ]; then VHP_DATA=$$(CDPATH= cd "$$VHP_DATA" && pwd) || exit 1; export VHP_DATA; fi;
KEPT = .dvc/tmp/kept-$(subst /,-,$(DIR))

# A clone with the uncommitted changes laid over it, which shares this repository's cache: nothing is computed twice,
# and neither params.yaml nor dvc.lock nor the committed reports change. Checkpoints of an interrupted run are kept.
clone:
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@rm -rf $(KEPT) && mkdir -p .dvc/tmp && { mv $(DIR)/runs/checkpoints $(KEPT) 2>/dev/null || true; }
	@rm -rf $(DIR) && git clone --quiet . $(DIR) && mkdir -p $(DIR)/runs
	@git ls-files -z --deleted | (cd $(DIR) && xargs -0 rm -f)
	@git ls-files -z --cached --others --exclude-standard --deduplicate \
		| xargs -0 sh -c 'for f; do test -e "$$f" && printf "%s\0" "$$f"; done' sh \
		| tar --null -T - -c | tar -x -C $(DIR)
	@mv $(KEPT) $(DIR)/runs/checkpoints 2>/dev/null || true
	@cd $(DIR) && $(RUN) dvc cache dir --local "$(CURDIR)/.dvc/cache"

# The pipeline with another matrix, in a clone.
sandbox: clone
	@cd $(DIR) && sed -e 's/^budget:.*/budget: $(BUDGET)/' -e 's/^datasets:.*/datasets: [$(DATASETS)]/' \
		-e 's/^seeds:.*/seeds: [$(or $(SEEDS),0)]/' $(if $(METHODS),-e 's/^methods:.*/methods: [$(METHODS)]/') \
		params.yaml > params.new && mv params.new params.yaml
	@$(MIRROR) cd $(DIR) && $(REPRO)

.PHONY: help install demo smoke study pendulum bench mutations table data test lint lock clean clone sandbox
