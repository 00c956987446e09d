# Zapgres. The work is in scripts/; `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PREFIX ?= /usr/local
DESTDIR ?=
export PREFIX DESTDIR
# Chosen by scripts/install.sh when not given.
ifdef PG_CONFIG
export PG_CONFIG
endif
export ONCE SEED KILLS PART

.PHONY: help requirements demo test test-chaos lint fmt install uninstall bench-trigger bench-latency bench-drain bench-intake bench-inbound

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## An order becomes a message on a phone; until Ctrl-C (ONCE=1: one order, then ends)
	@scripts/demo.sh

test: ## Everything that must hold: format, lints, licences, all tests
	@scripts/install-requirements.sh test
	@scripts/lint.sh
	@scripts/test.sh

test-chaos: ## What takes minutes: kills at random moments, brownouts, a long transaction (SEED=, KILLS=20, PART=)
	@scripts/test-chaos.sh

lint: ## Format, lints and licences only
	@scripts/install-requirements.sh test
	@scripts/lint.sh

fmt: ## Formats the Rust sources
	@cargo fmt --all

requirements: ## Installs what is missing (Debian), nothing else
	@scripts/install-requirements.sh test

install: ## Into the PostgreSQL of PG_CONFIG and PREFIX (/usr/local), below DESTDIR
	@scripts/install.sh

uninstall: ## Takes away what install put there
	@scripts/uninstall.sh

bench-trigger: ## What capture costs the inserting transaction
	@scripts/bench-trigger.sh

bench-latency: ## From COMMIT to the request at the provider
	@scripts/bench-latency.sh

bench-drain: ## From a captured row to the provider's yes, durably noted
	@scripts/bench-drain.sh

bench-intake: ## Captured orders of five items until they are messages, nothing sent
	@scripts/bench-intake.sh

bench-inbound: ## Receipts at a fixed rate: how soon they are answered and read (SECONDS_PER_RUN=60, RATE=1000)
	@scripts/bench-inbound.sh
