# Ristoro: everything starts here. Recipes use relative paths only, so that a checkout may lie anywhere.
.DEFAULT_GOAL := help
.PHONY: help run test bench soak lint format

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input install --quiet
# The first Python that is new enough; `make PYTHON=…` chooses another one.
CANDIDATES := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# As many processes as there are cores, within reason.
PYTEST := $(PY) -m pytest -n logical --maxprocesses 8 --dist loadgroup

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' Makefile | while IFS='	' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done
	@echo '  PORT=8000, RISTORO_HOME=var and NO_DEMO=1 go with `make run`, ARGS="-k appeal" with `make test`.'

run: $(VENV)/installed ## a running Ristoro with its demo on http://127.0.0.1:8000; Ctrl-C stops it
	@DEBUG=1 exec $(PY) manage.py dev

test: $(VENV)/installed-for-tests ## the whole suite, on servers of its own
	@$(PY) -m tests.chromium
	@$(PYTEST) $(ARGS)

bench: $(VENV)/installed-for-tests ## the benchmarks: a table of ratios, and var/bench.json
	@$(PY) -m tests.bench $(ARGS)

soak: $(VENV)/installed-for-tests ## the long proofs (faults, races): what was tried and what held
	@RISTORO_SOAK=1 $(PYTEST) -m soak $(ARGS)

lint: $(VENV)/installed-for-tests ## ruff, templates, translations, missing migrations, house rules
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@find templates -name '*.html' -exec $(VENV)/bin/djade --target-version 5.2 --check {} +
	@DEBUG=1 $(PY) manage.py catalogue --check
	@$(PY) -m tests.servers $(PY) manage.py makemigrations --check --dry-run
	@$(PY) -m pytest -q -n 0 tests/test_house.py
	@echo 'lint: nothing to say'

format: $(VENV)/installed-for-tests ## mends what ruff and djade can mend, and updates the catalogues
	@$(PY) -m ruff check --quiet --fix-only .
	@$(PY) -m ruff format --quiet .
	@find templates -name '*.html' -exec $(VENV)/bin/djade --target-version 5.2 {} + || true
	@DEBUG=1 $(PY) manage.py catalogue

# A stamp is written last: what was interrupted is done again, what is there is not.
$(VENV)/installed: requirements.txt
	@echo 'Installing Python packages into $(VENV) …'
	@set -e; $(PY) -c '' 2>/dev/null || { \
	  for python in $(CANDIDATES); do \
	    if "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then found="$$python"; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then echo 'Ristoro needs Python 3.11 or newer (Debian: apt-get install python3).' >&2; exit 1; fi; \
	  "$$found" -m venv --clear $(VENV) || { rm -rf $(VENV); echo 'This Python cannot make a virtual environment (Debian: apt-get install python3-venv).' >&2; exit 1; }; \
	}
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed tests/requirements.txt requirements-parquet.txt
	@$(PIP) -r tests/requirements.txt
	@touch $@
