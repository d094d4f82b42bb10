# Everything a contributor types. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test check image bench evals soak crash-sweep fmt clean

PY := .venv/bin
RUN := scripts/with-docker
# Words for pytest, as in `make test ARGS="-k grammar -x"`.
ARGS ?=

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: ## install what is missing: uv, dependencies, redis-server, Docker, the sandbox image
	@scripts/setup demo

demo: ## the whole story in your terminal, then a playground to try (ONCE=1 ends after the story)
	@scripts/setup demo
	@$(RUN) $(PY)/devops-agent demo $(if $(filter-out 0 no false,$(ONCE)),--once)

test: ## set up, then run every test, those on Docker, Redis and a browser included
	@scripts/setup test
	@$(RUN) $(PY)/python -m pytest $(ARGS)

check: ## the static half: style, types, the law of the house, the documents
	@scripts/setup check
	@$(PY)/ruff check .
	@$(PY)/ruff format --check .
	@$(PY)/mypy
	@$(PY)/lint-imports
	@$(PY)/python -m pytest -m "not docker and not redis and not postgres and not browser" tests/house

image: ## build the sandbox image, our own image, and the base images of docker-compose.yml
	@scripts/setup image
	@$(RUN) scripts/image all

bench: ## measure what the README claims, into benchmarks/results.json
	@scripts/setup bench
	@$(RUN) $(PY)/python -m benchmarks $(ARGS)

evals: ## ask MODEL for the plans and answers of evals/ and say how good they are (LEAST=80 fails below 80 %); it costs what it costs
	@scripts/setup check
	@$(PY)/python -m evals $(if $(MODEL),--model $(MODEL)) $(if $(LEAST),--least $(LEAST)) $(ARGS)

soak: ## N mixed runs while FAULTS strike at random (SEED repeats it), then an audit of what was promised
	@scripts/setup test
	@$(RUN) $(PY)/python -m tests.soak -n $(or $(N),50) --faults $(or $(FAULTS),all) $(if $(SEED),--seed $(SEED)) $(ARGS)

crash-sweep: ## kill each process at each boundary of a run, TIMES times, and audit what became of the runs
	@scripts/setup test
	@$(RUN) $(PY)/python -m tests.crash --times $(or $(TIMES),1) $(ARGS)

fmt: ## put the code into the house style
	@scripts/setup check
	@$(PY)/ruff check --fix .
	@$(PY)/ruff format .

clean: ## remove what can be made again: the environment, caches, logs (not images, not the engine, no ledger)
	rm -rf .venv .state/uv .state/*.log .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
