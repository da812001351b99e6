# `make` alone prints the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
JOBS ?= 2
BIN := $(CURDIR)/.venv/bin
RUN := PATH="$(BIN):$$PATH" DVC_NO_ANALYTICS=1
REPRO = python -m stages.parallel.repro --jobs $(JOBS) $(CLUSTER)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## the environment in .venv, as pinned in requirements.lock
	@if git rev-parse --git-dir >/dev/null 2>&1; then \
		git config merge.dvclock.name "dvc.lock, stage by stage" && \
		git config merge.dvclock.driver '.venv/bin/python -m stages.elsewhere.merge_lock %O %A %B'; \
	fi

demo: .venv/installed ## the pipeline on the two embedded data sets, five methods, in demo/: 11 minutes on 2 cores
	@$(CLONE) demo --budget demo --datasets pendulum digits $(MATRIX) -- $(REPRO)
	@$(COMMIT) demo
	@cat demo/reports/demo/table.md
	@echo "report:  demo/reports/demo/index.html"
	@echo "figures: demo/reports/demo/datasets/"

# Images and real values, an exact likelihood, joints: all that the stages distinguish. Each further stage costs more
# than its own time, since DVC reads and writes the whole of dvc.lock for it.
smoke: .venv/installed ## every stage and method in minutes, in smoke/; with VHP_DATA on static MNIST and human motion, not digits
	@$(MIRROR) $(CLONE) smoke --budget smoke --datasets pendulum $(if $(VHP_DATA),static_mnist motion,digits) $(MATRIX) -- $(REPRO)
	@$(COMMIT) smoke
	@cat smoke/reports/smoke/table.md

study: .venv/installed ## e.g. PARAM=settings.shared.K VALUES="1 8 32" DATASETS=digits: reports/studies/laptop/<PARAM>/; also BUDGET, METHODS, SEEDS, SET, FORCE=1
	@test -n "$(PARAM)" -a -n "$(VALUES)" || { echo 'expected PARAM=<name> VALUES="<value> <value> ..."'; exit 1; }
	@$(MIRROR) $(RUN) python -m stages.study --jobs $(JOBS) --param "$(PARAM)" --values $(VALUES) --methods $(METHODS) \
		--datasets $(DATASETS) --seeds $(SEEDS) --budget $(or $(BUDGET),laptop) --set $(SET) $(if $(FORCE),--force)

tuning: .venv/installed ## e.g. DATASET=omniglot: the trials of stages/tuning/trials.yaml, every method, into reports/tuning/; also METHODS, TRIALS
	@test -n "$(DATASET)" || { echo 'expected DATASET=<one of stages/tuning/trials.yaml>'; exit 1; }
	@$(MIRROR) $(RUN) python -m stages.tuning "$(DATASET)" --jobs $(JOBS) --methods $(METHODS) --trials $(TRIALS) $(if $(FORCE),--force)

pendulum: .venv/installed ## the paper's pendulum experiment, REWO, GECO, VampPrior and IWAE, five seeds, in pendulum/; also BUDGET, METHODS, SEEDS; make keep KEEP=pendulum
	@$(CLONE) pendulum --budget $(or $(BUDGET),laptop) --datasets pendulum \
		--methods $(or $(METHODS),vhp_rewo vhp_geco vampprior iwae_l1) --seeds $(or $(SEEDS),0 1 2 3 4) -- $(REPRO)
	@$(COMMIT) pendulum
	@cat pendulum/reports/$(or $(BUDGET),laptop)/table.md

motion: .venv/installed ## the paper's experiment on human motion, the table's five methods, three seeds, in motion/; also BUDGET, METHODS, SEEDS, DATASETS; make keep KEEP=motion
	@$(MIRROR) $(CLONE) motion --budget $(or $(BUDGET),laptop) --datasets $(or $(DATASETS),motion) \
		$(if $(METHODS),--methods $(METHODS)) --seeds $(or $(SEEDS),0 1 2) -- $(REPRO)
	@$(COMMIT) motion
	@cat motion/reports/$(or $(BUDGET),laptop)/table.md

# K, the other ablation, is a parameter: make study PARAM=settings.shared.K VALUES="1 8 32" METHODS=vhp_rewo DATASETS=...
ABLATIONS = vhp_rewo rewo_one_phase rewo_no_slope vhp_elbo vhp_warm_up rewo_normal_prior
ablation: .venv/installed ## REWO and what is left of it without each of its parts, three data sets, three seeds, in ablation/; also BUDGET, METHODS, SEEDS, DATASETS; make keep KEEP=ablation
	@$(MIRROR) $(CLONE) ablation --budget $(or $(BUDGET),laptop) --datasets $(or $(DATASETS),dynamic_mnist omniglot pendulum) \
		--methods $(or $(METHODS),$(ABLATIONS)) --seeds $(or $(SEEDS),0 1 2) -- $(REPRO)
	@$(COMMIT) ablation
	@cat ablation/reports/$(or $(BUDGET),laptop)/table.md

keep: .venv/installed ## e.g. KEEP=ablation: what pendulum/, motion/ or ablation/ measured goes to reports/supplements/, a data set at a time, and into the claims' verdicts; FORCE=1
	@test -n "$(KEEP)" || { echo 'expected KEEP=<folder of a clone>, for instance KEEP=ablation'; exit 1; }
	@$(RUN) python -m stages.clones.keep "$(KEEP)" $(if $(FORCE),--force)

bench: .venv/installed ## speed against a naive reference and the bare matrix products: reports/bench.json; on a machine at rest
	@$(MIRROR) PYTHONPATH=tests:. $(RUN) python -m bench

mutations: .venv/installed ## plant each bug of tests/mutations/planted.py: do the tests detect it?
	@$(RUN) python tests/mutations

table: .venv/installed ## dvc repro of the full matrix at the budget in params.yaml, JOBS=2 stages at once; ONLY="*@digits-*", CLUSTER="--slurm"
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@set -f; $(RUN) $(REPRO) $(if $(ONLY),--only $(ONLY)) $(if $(ALLOW_MISSING),--allow-missing)

data: .venv/installed ## download (or read from VHP_DATA), verify and prepare the data sets of params.yaml, and list them
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "$(NO_GIT)"; exit 1; }
	@status=0; $(RUN) $(REPRO) --only preprocess || status=$$?; $(RUN) python -m stages.inspect.inventory; exit $$status

test: .venv/installed ## all tests; with VHP_DATA those on real data, too
	@$(RUN) python -m pytest --numprocesses $(JOBS) --dist loadfile

check: .venv/installed ## are the committed results no worse, complete, unaltered, quoted rightly? what changed since SINCE, what is stale (STRICT=1: a fault)
	@$(RUN) python -m stages.check $(if $(SINCE),--since $(SINCE)) $(if $(STRICT),--strict)

weights: .venv/installed ## the trained models of the table, with cards and checksums: weights/<budget>.tar; FROM=<tar> puts them back in runs/
	@$(RUN) python -m stages.release.$(if $(FROM),unpack "$(FROM)",pack)

report: .venv/installed ## tables and page again from the committed sections; needs neither runs nor data
	@$(RUN) dvc repro --single-item configure && $(RUN) dvc repro --single-item beta_update report

browser: ## the page in headless Chromium: axe-core, valid HTML, widths, pictures and the print in /tmp/page; needs node, npm, chromium
	@cd tests/browser && npm install --silent --no-package-lock
	@tests/browser/node_modules/.bin/html-validate --config tests/browser/htmlvalidate.json reports/$(or $(BUDGET),laptop)/index.html
	@node tests/browser/look.mjs reports/$(or $(BUDGET),laptop)/index.html /tmp/page

plots: .venv/installed ## dvc plots show and diff without the internet: npm fetches Vega once; IN=demo: in that clone
	@$(RUN) python -m stages.inspect.plots_page $(IN)

baseline: .venv/installed ## accept the present results, and what else is in reports/, as what `make check` compares with; prints old and new
	@$(RUN) python -m stages.check --baseline

cluster: .venv/cluster ## Dask, for several machines (docs/machines.md)

cluster-test: .venv/cluster ## the pipeline on Dask workers of this machine, and each fault provoked: minutes
	@$(RUN) python -m pytest -m cluster $(TESTS)

cluster-kills: .venv/cluster ## 20 random worker kills in one matrix run: the results equal those of an undisturbed run?
	@$(RUN) VHP_KILLS=20 python -m pytest -m cluster -s tests/parallel/test_cluster_kills.py

cluster-plan: .venv/installed ## 1,000 cells on up to 1,000 workers, simulated from measured cell times
	@$(RUN) python -m stages.parallel.simulation docs/cell_times.csv

speedup: .venv/installed ## every data set (all with VHP_DATA), smoke budget: time with JOBS=2 against JOBS=1, outputs compared
	@$(MIRROR) $(RUN) python tests/speedup.py

lint: .venv/installed ## ruff and mypy, as in CI
	@$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) mypy

docs: .venv/installed ## the library's reference, docs/api/, from its docstrings
	@$(RUN) python -m stages.inspect.api

lock: ## renew requirements.lock from pyproject.toml
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet '.[dev]'
	@.venv-lock/bin/pip freeze --exclude vhp | sed 's/^\(torch==[0-9.]*\).*/\1/' > requirements.lock
	@.venv-lock/bin/pip install --quiet '.[dev,cluster]'
	@.venv-lock/bin/pip freeze --exclude vhp | sed 's/^\(torch==[0-9.]*\).*/\1/' \
		| grep -vxFf requirements.lock > requirements-cluster.lock
	@rm -rf .venv-lock build *.egg-info

# A study's clone is two levels below studies/.
clean: ## remove demo/, smoke/, pendulum/, motion/, ablation/, studies/: finished stages stay in the cache, unfinished trainings begin again; FORCE=1
	@python="$(BIN)/python"; test -x "$$python" || python="$(PYTHON)"; \
		"$$python" -m stages.clones.removable $(if $(FORCE),--force) demo smoke pendulum motion ablation studies/*/*
	@rm -rf demo smoke pendulum motion ablation studies

.venv/installed: requirements.lock
	@echo "installing into .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python %d.%d found, 3.11 or newer needed: make PYTHON=python3.11" % sys.version_info[:2])'
	@$(PYTHON) -m venv --clear .venv # what an interrupted installation left, pip may not be able to read
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

.venv/cluster: .venv/installed requirements-cluster.lock
	@echo "installing Dask into .venv ..."
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements-cluster.lock
	@touch $@

NO_GIT := found no git repository in this folder, and DVC needs one: clone the project, or run git init

# VHP_DATA may be relative to the folder where make was called; the commands run in others.
MIRROR = if [ -n "$$VHP_DATA" ]; then folder=$$(CDPATH= cd -- "$$VHP_DATA" 2>/dev/null && pwd) || { echo "$(NO_DATA)" >&2; exit 1; }; \
	export VHP_DATA="$$folder"; fi;
NO_DATA := VHP_DATA: found no folder $$VHP_DATA, expected one that has the data sets' files; name another, or unset it to download them
MATRIX = --seeds $(or $(SEEDS),0) $(if $(METHODS),--methods $(METHODS))
CLONE = $(RUN) python -m stages.clones $(if $(FORCE),--force)
COMMIT = $(RUN) python -m stages.clones.commit

.PHONY: help install demo smoke study tuning pendulum motion ablation keep bench mutations table data test check weights report browser plots baseline \
	cluster cluster-test cluster-kills cluster-plan speedup lint docs lock clean
