# Two commands for a newcomer: make demo, make test. Both make .venv first.
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := $(VENV)/.demo
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check format benchmarks studies clean postgresql

$(STAMP): pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(INSTALL) -e '.[dev]'
	touch $@ $(DEMO)

# The demo needs no networks and no test tools, whose packages are large.
$(DEMO): pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(INSTALL) -e '.[report]'
	touch $@

demo: $(DEMO)
	$(BIN)/genrelab demo

test: $(STAMP) postgresql
	$(BIN)/python -m pytest -n 2 -q

# Tests of databases start a server of their own, and stop it; this only makes sure that there is one to start.
postgresql:
	sh .ci/postgresql

check: $(STAMP)
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(STAMP)
	$(BIN)/ruff format src tests benchmarks docs
	$(BIN)/ruff check --fix src tests benchmarks docs

benchmarks: $(STAMP)
	$(BIN)/python benchmarks/accuracy.py --models best --seeds 0
	$(BIN)/python benchmarks/members.py
	$(BIN)/python benchmarks/predicting.py
	$(BIN)/python benchmarks/confidence.py
	$(BIN)/python benchmarks/suspects.py
	$(BIN)/python benchmarks/few.py
	$(BIN)/python benchmarks/crossing.py
	$(BIN)/python benchmarks/text.py
	$(BIN)/python benchmarks/folds.py
	$(BIN)/python benchmarks/binning.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/labelling.py
	$(BIN)/python benchmarks/promise.py
	$(BIN)/python benchmarks/exploring.py
	$(BIN)/python benchmarks/forest.py
	$(BIN)/python benchmarks/million_song.py
	$(BIN)/python benchmarks/databases.py
	$(BIN)/python benchmarks/collecting.py

studies: $(STAMP)
	$(BIN)/python benchmarks/studies.py

clean:
	rm -rf $(VENV) genrelab-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
