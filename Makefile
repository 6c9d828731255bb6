# Sotto: everything a person does with this repository. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export CCACHE_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sotto/ccache
export ORT_DISABLE_TELEMETRY = 1
export CCACHE_SLOPPINESS = pch_defines,time_macros,include_file_mtime,include_file_ctime
export PATH := $(CURDIR)/.cache/node/bin:$(PATH)
LISTEN ?= 127.0.0.1:8700
DATA ?= data
CMAKE = cmake -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_BUILD_TYPE=RelWithDebInfo

.PHONY: help setup program build web demo run cluster test tidy asan tsan fuzz bench eval clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what is missing: Debian packages, pinned registry packages, model weights
	@scripts/setup

program: setup ## build the program (build/sotto) and the page, no tests
	@scripts/step "Configuring" $(CMAKE) -S . -B build
	@scripts/step --progress "Compiling" ninja -C build sotto
	@$(MAKE) --no-print-directory web

build: program ## the same with tests, benchmarks and evaluations, and the servers they start
	@scripts/setup-servers || echo "These servers could not be had here: their tests are skipped" >&2
	@scripts/step --progress "Compiling the tests" ninja -C build

web: setup ## build the agent's page
	@scripts/build-web

demo: setup ## render the demo calls (build/demo)
	@scripts/render-demo

run: program demo ## set up, build, start the server and print its address
	@exec build/sotto serve --listen $(LISTEN) --data $(DATA)

cluster: program demo ## a cluster on this machine with demo calls, and what is lost when its processes are killed
	@scripts/setup-servers
	@exec deploy/cluster/cluster.py --listen $(LISTEN)

test: build demo ## set up and pass every test
	@scripts/test

tidy: ## check the shape: include direction, sizes, banned constructs, docs in step
	@python3 tests/tidy/tidy.py

asan: setup ## domain tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/test-sanitized address

tsan: program ## tests of what has threads under ThreadSanitizer
	@scripts/test-sanitized thread

fuzz: setup ## fuzz every parser of outside bytes, SECONDS each (default 10)
	@scripts/test-fuzz $(or $(SECONDS_EACH),10)

bench: ## print one JSON object a figure: make bench NAME=path
	@scripts/bench $(NAME)

eval: ## evaluate a model on public data (SOTTO_DATA), one JSON object a figure: make eval NAME=clinc150
	@scripts/eval $(NAME)

clean: ## remove what was built; set-up downloads stay in .cache
	rm -rf build web/agent/dist
