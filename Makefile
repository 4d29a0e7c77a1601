# The commands of this project. `make demo` and `make test` are all a newcomer needs.

SWIFT ?= swift
BUILD_RELEASE = .build/release
DEMO_RUN = .vitrine/demo

.PHONY: help setup build debug demo demo-llm serve serve-voice test test-setup test-asan test-tsan test-templates fuzz bench bench-setup lint proto-check clean

help:
	@echo "make setup       install what is missing and fetch the models (nothing to do the second time)"
	@echo "make demo        set up, build, and hold the example conversation"
	@echo "make demo-llm    a conversation whose answers a small language model phrases (150 MB more to fetch)"
	@echo "make serve       run the example shop on 127.0.0.1:7401"
	@echo "make serve-voice the same with spoken replies (English)"
	@echo "make test        build and run all tests"
	@echo "make test-asan   the tests under AddressSanitizer; make test-tsan: under ThreadSanitizer"
	@echo "make test-templates   a new plugin in Swift builds and passes its tests outside the tree"
	@echo "make fuzz        fuzz framing and decoding for SECONDS each (default 30)"
	@echo "make bench       run every benchmark; make bench-NAME runs one; make bench-setup installs the peers"
	@echo "make lint        check the formatting"

setup:
	@tools/setup/setup

build: setup
	@$(SWIFT) build -c release

debug: setup
	@$(SWIFT) build

demo: build
	@tools/demo/run $(BUILD_RELEASE)

demo-llm: build
	@tools/setup/setup --with language-model
	@tools/demo/language-model $(BUILD_RELEASE)

serve: build
	@tools/demo/import $(BUILD_RELEASE)
	@$(BUILD_RELEASE)/vitrine serve --config examples/jewelry/shop.yaml

serve-voice: build
	@tools/setup/setup --with voice
	@tools/demo/import $(BUILD_RELEASE)
	@$(BUILD_RELEASE)/vitrine serve --config examples/jewelry/spoken.yaml

test-setup:
	@tools/setup/setup --tests

test: test-setup
	@tools/test/run

test-asan: test-setup
	@tools/test/run address

test-tsan: test-setup
	@tools/test/run thread

test-templates: debug
	@tools/test/templates

SECONDS ?= 30
fuzz: setup
	@Tests/Fuzz/run $(SECONDS)

bench-setup:
	@tools/bench/setup

bench: build
	@tools/bench/run $(BUILD_RELEASE)

bench-%: build
	@tools/bench/run $(BUILD_RELEASE) $*

lint:
	@$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Plugins Tests Benchmarks

proto-check:
	@tools/proto/generate --check

clean:
	@rm -rf .build .build-* .vitrine
