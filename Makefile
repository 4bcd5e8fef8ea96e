# make run · make test · make bench · make lint: each sets up what it needs on a fresh machine with Python 3.11.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: run test bench lint report clean
.DEFAULT_GOAL := run

$(VENV)/.installed: envs/requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r envs/requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

run: $(VENV)/.installed
	snakemake --cores all
	$(MAKE) report

report: $(VENV)/.installed
	snakemake --report results/demo/report.zip

test: $(VENV)/.installed
	pytest -n 2 --dist loadfile

lint: $(VENV)/.installed
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	mypy

BENCHMARKS := results/benchmarks
bench: $(VENV)/.installed
	python benchmarks/layouts.py --out $(BENCHMARKS)/layouts
	python benchmarks/many_slides.py --out $(BENCHMARKS)/many_slides
	python benchmarks/training_step.py
	python benchmarks/family_training.py
	python benchmarks/metrics.py
	snakemake --cores all results/demo/cells/catalogue.json results/demo/backgrounds/whole
	python benchmarks/rendering.py --catalogue results/demo/cells/catalogue.json --backgrounds results/demo/backgrounds/whole \
	    --taxonomy config.yaml --out $(BENCHMARKS)/rendering
	python benchmarks/large_slide.py --catalogue results/demo/cells/catalogue.json --taxonomy config.yaml --out $(BENCHMARKS)/large_slide
	python benchmarks/memory.py --catalogue results/demo/cells/catalogue.json --backgrounds results/demo/backgrounds/whole \
	    --taxonomy config.yaml --out $(BENCHMARKS)/memory

clean:
	rm -rf results/demo .snakemake
