# Everything goes into .venv and the user's cache folder; packages of the system are listed first.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The order of the checks is part of what they are: quick ones first, pytest last.
.NOTPARALLEL:

PYTHON ?= python3
PORT ?= 8000
INTO ?= ledgers
WORKFLOWS ?= $(wildcard .github/workflows/*.yml)
FROM ?= ledgers
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/prtip-guide
BIN := .venv/bin
LOCKS := prtip_guide/setup
CRATE := prtip_guide/reference
# The newest version that installs from its own lock; 0.6.15's names a crate that was withdrawn.
FLAMEGRAPH_VERSION := 0.6.14
# 13 wants a newer Node than Debian 12 has.
LIGHTHOUSE_VERSION := 12.8.2

# Material tells of its successor at every start; the formatters here work on both.
export NO_MKDOCS_2_WARNING := 1

say = @printf '\n== %s\n' "$(1)"

##@ Read
serve: .venv/site ## serve the guide on 127.0.0.1:PORT (8000); runs nothing of it
	$(BIN)/mkdocs serve --dev-addr 127.0.0.1:$(PORT)

site: .venv/site ## build the site into site/; runs nothing of the guide
	$(BIN)/mkdocs build --strict

# A command that failed is shown on the site too, so the site is built in any case.
guide: system .venv/check $(CACHE)/cargo/flamegraph-$(FLAMEGRAPH_VERSION) ## run every page here, record it in results/, build the site
	@failed=0; $(BIN)/prtip-guide run --record || failed=$$?; \
	$(BIN)/mkdocs build --strict && exit $$failed

##@ Hosts
# The set-up page comes first, where its packages are not there yet; what the other pages need comes after it.
SET_UP := docs/setup/linux.md
LEDGER_PAGES ?= $(shell find docs -name '*.md')
ledger: installed guide-system $(CACHE)/cargo/flamegraph-$(FLAMEGRAPH_VERSION) ## run every page on a new machine and keep the results in INTO
	$(BIN)/prtip-guide run $(filter-out $(SET_UP),$(LEDGER_PAGES)) --into $(INTO)
	@! rm $(INTO)/.set-up-failed 2>/dev/null

installed: .venv/site
	$(BIN)/prtip-guide run $(SET_UP) --into $(INTO) || touch $(INTO)/.set-up-failed

merge: .venv/site ## put the ledgers below FROM into results/
	$(BIN)/prtip-guide merge $(FROM)

issues: .venv/site ## open, update or close the issues of commands by the ledgers below FROM, naming RUN
	$(BIN)/prtip-guide issues $(FROM) --run $(RUN)

# One profile of each kind, with what comes before it.
ROOT_PAGES := docs/setup/linux.md docs/setup/permissions.md docs/setup/build.md docs/cpu.md docs/memory.md docs/syscalls.md \
	docs/contributing/writing.md
roots: .venv/site ## record installing, using and profiling on clean roots of Debian 11, 12 and 13
	failed=0; for root in debian-11 debian-12 debian-13; do \
	$(BIN)/prtip-guide run --root $$root $(ROOT_PAGES) --record || failed=$$?; done; exit $$failed

##@ Check
check: system .venv/check $(CACHE)/cargo/flamegraph-$(FLAMEGRAPH_VERSION) node lint rust ## install what the checks need, then check all, the guide too
	$(call say,tests and the guide)
	$(BIN)/pytest --jobs 2

test: .venv/check ## the quick half: unit tests, without the guide, a browser or root
	$(BIN)/pytest tests -m "not browser and not root and not slow" --timeout 60

lint: .venv/check workflows ## format, lint, types, imports and workflows
	$(call say,format)
	$(BIN)/ruff format --check
	$(call say,lint)
	$(BIN)/ruff check
	$(call say,types)
	$(BIN)/mypy
	$(call say,imports)
	$(BIN)/lint-imports

# None of them asks the network: the schema comes with its checker.
workflows: .venv/check ## lint the workflows for GitHub
	$(call say,workflows)
	$(BIN)/actionlint -shellcheck $(BIN)/shellcheck $(WORKFLOWS)
	$(BIN)/zizmor --offline --no-progress --quiet $(WORKFLOWS)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $(WORKFLOWS)

rust: ## format, lint and tests of the reference target
	$(call say,reference target)
	cargo fmt --check --manifest-path $(CRATE)/Cargo.toml
	cargo clippy --locked --all-targets --manifest-path $(CRATE)/Cargo.toml -- -D warnings
	cargo test --locked --manifest-path $(CRATE)/Cargo.toml

bench-site: .venv/check ## time builds of 50 to 1,000 pages with our formatters and without, and keep it in results/site.json
	$(BIN)/python -m tests.bench_site

lighthouse: .venv/check $(CACHE)/lighthouse-$(LIGHTHOUSE_VERSION)/ready ## score three pages with Lighthouse, mobile and desktop, and keep it in results/site.json
	$(BIN)/python -m tests.lighthouse $(CACHE)/lighthouse-$(LIGHTHOUSE_VERSION)/node_modules/.bin/lighthouse

jobs: system .venv/check ## run the jobs of the workflow in clean roots of Debian 12, record it; half an hour, as root
	$(BIN)/python -m tests.jobs $(JOBS)

parallel: .venv/check ## measure one job against two, and four parts; record it
	$(BIN)/python -m tests.parallel

many: .venv/check ## measure the merge and the site of 200 hosts of 2,000 snippets; record it
	$(BIN)/python -m tests.many

mutate: system .venv/check ## break every command of the pages that changed, see that the run fails there, record it
	$(BIN)/python -m tests.mutate $(PAGES)

kills: system .venv/check ## kill a real run at 200 random moments, see that nothing is left, record it
	$(BIN)/python -m tests.faults.kills $(MOMENTS)

fuzz: .venv/check .venv/bench/made ## read a million generated pages beside a CommonMark parser, record how many
	PYTHONPATH=. $(BIN)/python -m tests.fuzz $(PAGES)

bench: system .venv/check .venv/bench/made ## measure the runner against its peers, and record it in results/bench.json
	$(BIN)/python -m tests.bench $(PARTS)

##@ Keep
anchors: .venv/check ## add the new anchors of the pages to the list of those that must stay
	$(BIN)/python -m tests.browser.anchors

format: .venv/check ## format the Python and the Rust code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	cargo fmt --manifest-path $(CRATE)/Cargo.toml

env: .venv/check ## make .venv with all that the checks need

# One version of each package for every Python from Debian 12's 3.11.2 on, and the same one in both files.
UV_COMPILE = uv pip compile --quiet --system-certs --upgrade --universal --python-version 3.11.2 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --custom-compile-command 'make lock'
lock: .venv/site ## renew the locked versions; uv takes its index from UV_DEFAULT_INDEX, not from pip's settings
	@tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --target "$$tools" uv; \
	PATH="$$tools/bin:$$PATH"; \
	$(UV_COMPILE) pyproject.toml --extra site --extra build --output-file $(LOCKS)/site.txt; \
	$(UV_COMPILE) pyproject.toml --all-extras --constraint $(LOCKS)/site.txt --output-file $(LOCKS)/check.txt; \
	$(UV_COMPILE) $(LOCKS)/bench.in --output-file $(LOCKS)/bench.txt

clean: ## remove what was made here: .venv, site, builds, caches
	rm -rf .venv site $(CRATE)/target .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {print "\n" substr($$0, 5)} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Installed with pip alone: it is there, and it follows the machine's index and certificates.
# hatchling comes from the lock, so the editable install fetches nothing.
define install
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r $(LOCKS)/$(1).txt | \
	  awk '!/^Requirement already satisfied/ {print; fflush()}'
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
endef

.venv/site: $(LOCKS)/site.txt pyproject.toml | python
	$(call say,making .venv for the site)
	$(call install,site)
	touch $@

.venv/check: $(LOCKS)/check.txt pyproject.toml | python
	$(call say,making .venv for the checks)
	$(call install,check)
	touch $@ .venv/site

# What looks at the built HTML comes from npm, where there is one; without it those tests are skipped and say so.
node: $(CACHE)/node/ready
$(CACHE)/node/ready: tests/browser/node/package-lock.json
	@if ! command -v npm >/dev/null; then echo "no npm here: HTML is not validated; install npm to have it"; \
	else mkdir -p $(@D) && cp tests/browser/node/package*.json $(@D)/ && \
	{ npm ci --prefix $(@D) --no-audit --no-fund && touch $@ || echo "npm failed: HTML is not validated"; }; fi

$(CACHE)/lighthouse-$(LIGHTHOUSE_VERSION)/ready:
	npm install --prefix $(@D) --no-audit --no-fund lighthouse@$(LIGHTHOUSE_VERSION)
	touch $@

.venv/bench/made: $(LOCKS)/bench.txt | .venv/check
	$(call say,installing what the runner is measured against)
	$(PYTHON) -m venv --clear .venv/bench
	.venv/bench/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r $(LOCKS)/bench.txt
	touch $@

$(CACHE)/cargo/flamegraph-$(FLAMEGRAPH_VERSION):
	$(call say,installing cargo-flamegraph $(FLAMEGRAPH_VERSION) into $(CACHE); about a minute)
	PATH="$(CACHE)/cargo/bin:$$PATH" cargo install flamegraph --locked --version $(FLAMEGRAPH_VERSION) --root $(CACHE)/cargo
	touch $@

# Standard library only: this runs before .venv is there.
python: version
	@$(PYTHON) -m prtip_guide.setup.packages site

system: version
	@$(PYTHON) -m prtip_guide.setup.packages check

guide-system: version
	@$(PYTHON) -m prtip_guide.setup.packages guide

version:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'

.PHONY: installed jobs many parallel workflows anchors bench-site lighthouse node ledger merge issues roots guide-system serve site guide check test lint rust mutate kills fuzz bench format env lock clean help python system version
