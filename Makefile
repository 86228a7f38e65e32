# Fruits: `make help` lists what there is to do. Nothing but Python ≥ 3.11 and make is needed.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LOCK := requirements/dev.txt
ORCHARD ?= demo/orchard
# Tests, benchmarks and the training take MobileNetV2's weights from here.
SHARED_WEIGHTS := $(firstword $(wildcard ../shared/data/weights/*.weights.h5))
ifneq ($(SHARED_WEIGHTS),)
export FRUITS_WEIGHTS ?= $(SHARED_WEIGHTS)
endif

.DEFAULT_GOAL := help
.PHONY: help install demo test check hadoop format lock peers bench train notebook presentation review clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/fruits: $(LOCK) pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("fruits needs Python >= 3.11, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/pip.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(LOCK)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

install: $(BIN)/fruits ## install everything the project needs into .venv, from the lock

# A java that is found need not run (macOS has a stub), nor be recent enough: fruits itself knows.
RUNNER = $(shell $(BIN)/python -c 'from fruits.runners.choose import what_spark_lacks as lacks; print("local" if lacks() else "spark")')

demo: install ## draw a small orchard and run the whole chain on it, on Spark where there is a Java
	$(BIN)/fruits dataset sample --output $(ORCHARD)
	$(BIN)/fruits run --input $(ORCHARD) --output demo/out --model fruitnet --runner $(RUNNER)

# Two at a time, a file to each: most tests wait for processes. Those of Spark share one session.
test: install ## run the tests (those of Spark too, where there is a Java)
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore=tests/spark
	$(BIN)/python -m pytest tests/spark

hadoop: install ## rehearse on a real Hadoop cluster on this machine: HDFS, YARN, Spark standalone; needs Java and Maven
	$(BIN)/python -m rehearsal

check: install ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-emit-index-url --no-annotate

LOCKS := src/fruits/cloud/locks
CLUSTER := $(COMPILE) pyproject.toml --extra aws --extra hdfs -c $(LOCK)

lock: ## resolve the dependencies again and write the hash-pinned locks
	$(COMPILE) requirements/pip.in -o requirements/pip.txt
	$(COMPILE) pyproject.toml requirements/dev.in --extra dev -c requirements/pip.txt -o requirements/dev.txt
	$(COMPILE) pyproject.toml requirements/spark35.in --extra spark --extra openvino --extra test -o requirements/spark35.txt
	@# What clusters get are the versions that the tests ran with.
	$(CLUSTER) -o $(LOCKS)/cluster.txt
	$(CLUSTER) --extra openvino -o $(LOCKS)/cluster-openvino.txt
	$(CLUSTER) requirements/cluster-tensorflow.in -o $(LOCKS)/cluster-tensorflow.txt
	$(CLUSTER) requirements/cluster-tensorflow.in --extra openvino -o $(LOCKS)/cluster-openvino-tensorflow.txt
	$(COMPILE) requirements/peer-ray.in -o requirements/peer-ray.txt
	$(COMPILE) requirements/peer-daft.in -o requirements/peer-daft.txt
	$(COMPILE) requirements/peer-int8.in -o requirements/peer-int8.txt

.venv-%/bin/python: requirements/peer-%.txt | install
	$(PYTHON) -m venv .venv-$*
	$(BIN)/uv pip install --quiet --python $@ --require-hashes -r $<
	@touch $@

peers: .venv-ray/bin/python .venv-daft/bin/python .venv-int8/bin/python ## make the environments of what we compare with

bench: install ## our chain and what people would use instead, in turns: about 25 minutes on 2 cores
	$(BIN)/python -m benchmarks.compare

train: install ## make the package's own network again, about an hour on 2 cores; goes on where it stopped
	$(BIN)/python -m training

PHOTOS ?=
RESULTS ?=

notebook: install ## run the notebook of the defence on PHOTOS=folder or zip, and keep its outputs; without PHOTOS, only try it
	$(BIN)/python -m notebooks $(if $(PHOTOS),--input $(PHOTOS),--check --model fruitnet)

presentation: install ## build the slides from the figures measured; RESULTS=output of a run takes its figures first; the PDF needs LibreOffice
	$(if $(RESULTS),$(BIN)/python -m presentation collect $(RESULTS))
	$(BIN)/python -m presentation

review: install ## write docs/revue-critique.md from the figures measured; RESULTS=output of a run measures again, 4 minutes
	$(BIN)/python -m benchmarks.critique $(if $(RESULTS),$(RESULTS),--write)

clean: ## remove what the targets made, not the environment
	rm -rf demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
