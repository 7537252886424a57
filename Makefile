# Everything a person or the continuous integration starts. `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test chaos check bench bench-console fmt console api

console_sources := $(shell find console -type f -not -path 'console/node_modules/*' -not -path 'console/dist/*' 2>/dev/null)
node_is_there := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a >= 24 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && echo yes)

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: ## build everything and start the demo; prints the address and the logins
ifeq ($(node_is_there),yes)
	@$(MAKE) --no-print-directory console
else
	@echo "Node 20.19+, 22.12+ or 24+ is not there: starting without the console's pages"
endif
	@echo "building the server (a few minutes the first time)"
	@cargo run --locked -- serve --demo

test: ## install what the tests need, then run every check and test
	@scripts/install-test-tools
	@PRIVATE_POSTGRES_FSYNC=off scripts/with-services scripts/test

chaos: ## 10,000 events while the server is killed and stores and providers fail, on both engines; CHAOS_SEED=N repeats a run
	@scripts/install-test-tools
	@cargo build --locked --workspace --bins --tests
	@CHAOS_EVENTS=$(or $(CHAOS_EVENTS),10000) scripts/with-services cargo test --locked --workspace --test it no_loss::chaos -- --nocapture --test-threads 1

check: ## formatting, lints, licences, the console's checks; no tests
	@scripts/check

bench: ## run the benchmarks; a table here, JSON under target/bench/
	@scripts/install-test-tools
	@scripts/with-services scripts/bench

bench-console: console ## measure the console's budgets in a browser, with what a release is or with PATCHBAY_BIN; SOAK=10 watches its heap for ten minutes
	@$(if $(PATCHBAY_BIN),,cargo build --locked --release --workspace --bins)
	@cd console && PATCHBAY_BIN="$(abspath $(or $(PATCHBAY_BIN),$(or $(CARGO_TARGET_DIR),target)/release/patchbay))" npm run --silent bench -- $(if $(SOAK),--soak $(SOAK))

fmt: ## format the Rust code
	@cargo fmt --all

console: console/dist/.stamp ## build the console's pages

api: ## write the API document and the console's types anew
	@cargo run --locked --quiet -- openapi > target/openapi.json
	@cp target/openapi.json console/openapi.json
	@cd console && npm run --silent generate:api

console/node_modules/.stamp: console/package-lock.json console/package.json
	@echo "installing the console's packages"
	@cd console && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

console/dist/.stamp: console/node_modules/.stamp $(console_sources)
	@echo "building the console"
	@cd console && npm run --silent build
	@touch $@
