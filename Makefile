# Everything that a newcomer or CI needs. Needs Python >= 3.10 and nothing else; `make demo` is the place to begin.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast attacks full lint lab bench system-deps release clean

PYTHON ?= python3
COURSE := .venv/bin/course
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 22

.venv/.installed: requirements.lock pyproject.toml
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@command -v uv >/dev/null || .venv/bin/python -m pip install --quiet uv
	uv pip sync --quiet --compile-bytecode --python .venv/bin/python requirements.lock
	uv pip install --quiet --python .venv/bin/python --no-deps --editable .
	@touch $@

demo: .venv/.installed system-deps  ## grade three sample submissions and make their feedback pages
	$(COURSE) demo

test: .venv/.installed system-deps lint  ## everything that CI checks
	.venv/bin/python -m pytest -n 2 --dist loadfile

attacks: .venv/.installed system-deps  ## the attack suite, also against plain nbgrader; and a hundred kills of a run
	COURSE_ATTACK_PLAIN=1 .venv/bin/python -m pytest tests/test_attacks.py tests/test_attacks_on_plain_nbgrader.py
	CRASH_KILLS=100 .venv/bin/python -m pytest tests/test_crash.py

test-fast: .venv/.installed  ## what takes seconds
	.venv/bin/python -m pytest -m "not slow and not browser"

full: .venv/.installed attacks  ## long runs: every answer of trained exercises, every solved notebook; records the results
	$(COURSE) audit --full
	for lesson in $(notdir $(wildcard source/*)); do $(COURSE) solve $$lesson --strict || exit 1; done

lint: .venv/.installed  ## style, types, and that release/ is current
	.venv/bin/ruff check .
	.venv/bin/mypy
	$(COURSE) release --check

lab: .venv/.installed  ## JupyterLab on the released lessons
	$(COURSE) lab

bench: .venv/.installed  ## what a submission costs, as a ratio to plain nbgrader in the same run
	.venv/bin/python benchmarks/throughput.py

release: .venv/.installed  ## build the students' notebooks
	$(COURSE) release

system-deps:  ## Chromium and bubblewrap, where they may be installed
	@sh tools/system-deps.sh

clean:  ## remove what was built (not the gradebook, not submissions)
	rm -rf .venv .course .mypy_cache .ruff_cache .pytest_cache
