# storefloor's commands. `make` alone lists them. GNU make, a POSIX shell and Python 3.11 are enough.
# ARGS is passed on: make test ARGS="tests/readers -x", make demo ARGS="--help".
# LANES=0 runs the tests in one process: make test LANES=0 ARGS="tests/readers -s --pdb".

BIN := .venv/bin
PYTHON_CODE := api gateway readers simulators config tests tools
ARGS ?=
LANES ?= $(shell [ "$$(nproc 2>/dev/null || echo 1)" -gt 1 ] && echo 2 || echo 0)
INPUTS ?= 1000000
MINUTES ?= 30
RATE ?= 20000
CYCLES ?= 1000
EXAMPLES ?= 200
CUTS ?= 1000
REQUESTS ?= 100000
CONDITIONS ?= 1000

.DEFAULT_GOAL := help
.PHONY: help demo setup setup-dev test lint check fuzz crash powercut storm notices soak bench evaluate schemathesis requirements wheel-check clean

help: ## list these commands
	@echo "storefloor: honest, real-time stock from readers, scanners and shelf sensors"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "Each command sets up what it needs in .venv first. ARGS is passed on:"
	@echo '  make test ARGS="tests/readers -x"'

demo: ## a simulated shop and the gateway, live: open the page that it prints; Ctrl-C ends it
	@sh tools/setup.sh demo
	@exec $(BIN)/storefloor demo $(ARGS)

setup: ## make .venv with the storefloor command in it
	@sh tools/setup.sh demo
	@echo "To begin: $(BIN)/storefloor --help"

setup-dev: ## make .venv with the developers' tools too (test, lint and check do it by themselves)
	@sh tools/setup.sh dev

test: setup-dev ## all tests; as root on Debian it first installs the system packages that they need
	@sh tools/system_packages.sh
	$(BIN)/python -m pytest -p tests.support.no_skips -p tests.support.lanes -n $(LANES) $(ARGS)

lint: setup-dev ## style, formatting, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tools
	$(BIN)/lint-imports

check: lint test ## lint and test: what must pass before a change is offered

fuzz: setup-dev ## every decoder under broken inputs: make fuzz INPUTS=10000000 ARGS="--seed 2"
	$(BIN)/python -m tests.fuzz.run --inputs $(INPUTS) $(ARGS)

crash: setup-dev ## kill -9 at random instants under load, restart, compare: make crash CYCLES=1000
	$(BIN)/python -m tests.durability.crash --cycles $(CYCLES) $(ARGS)

powercut: setup-dev ## power cuts on an ext4 loop disk (needs root), compare: make powercut CUTS=1000
	$(BIN)/python -m tests.durability.powercut --cuts $(CUTS) $(ARGS)

storm: setup-dev ## many clients after few pieces, kill -9 amid it, compare: make storm REQUESTS=1000000
	$(BIN)/python -m tests.storm.run --requests $(REQUESTS) $(ARGS)

notices: setup-dev ## alerts told while gateway and receivers die, kill -9 amid it, compare: make notices CONDITIONS=1000
	$(BIN)/python -m tests.notices.run --conditions $(CONDITIONS) $(ARGS)

soak: setup-dev ## half an hour under load, judged by rule: make soak MINUTES=30 RATE=20000 ARGS="--report soak.html"
	$(BIN)/python -m tests.soak.run --minutes $(MINUTES) --rate $(RATE) $(ARGS)

bench: setup-dev ## the benchmarks; each ends with lines `figure: name = value unit`
	@sh tools/bench.sh $(ARGS)

evaluate: setup-dev ## how true the stock is, against simulated shops: make evaluate ARGS="--scenario hard --seeds 1-4"
	@exec $(BIN)/storefloor evaluate $(ARGS)

schemathesis: setup-dev ## ask every operation of the API what fits its document and what does not: EXAMPLES=500
	$(BIN)/python -m tests.support.asked_api_run --examples $(EXAMPLES) $(ARGS)

requirements: ## write requirements/*.txt anew after a dependency changed (needs uv)
	@sh tools/requirements.sh

wheel-check: setup-dev ## build the wheel, install it elsewhere, run its command there
	$(BIN)/python tools/wheel_check.py

clean: ## remove what builds, tests and checks left; .venv stays
	rm -rf build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find $(PYTHON_CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
