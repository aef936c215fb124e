# make run: set up and cluster the bundled sample;  make test: set up and run every test
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test soak guises lab bench evaluate notebooks docs lock lint clean

run: .venv/ready
	$(BIN)/newsclust run params/quickstart.yaml

test: .venv/ready
	$(BIN)/pytest --nbval

# The long campaigns: kills at every file, 5,000 inputs, ten times as many examples of each property; hours.
soak: .venv/ready
	NEWSCLUST_SOAK=10 NEWSCLUST_EXAMPLES=5000 $(BIN)/pytest -m 'soak or not soak' --durations=40 tests

# The sample and the tests of computations, as on older processors: ten minutes.
guises: .venv/ready
	$(BIN)/python tools/guises.py

lab: .venv/ready
	$(BIN)/jupyter lab notebooks

# BENCH=--quick for the sample and 10,000 vectors only
bench: .venv/ready-bench
	$(BIN)/python benchmarks/run.py $(BENCH)

# newsclust and its peers on every labelled set that is there; the table goes to benchmarks/evaluation.md
evaluate: .venv/ready-bench
	$(BIN)/python benchmarks/evaluate.py

# Execute the notebooks again, and the runs that two of them look at, and keep what they print.
notebooks: .venv/ready
	$(BIN)/python tools/notebooks.py

# The documentation as a site that opens without a network: site/index.html
docs: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check 'mkdocs-material==9.8.2'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Documentation: site/index.html"

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tools/lines.py

# Exact versions for every platform and Python. CUDA's packages are left to torch, which pins them itself where it needs them.
UV_COMPILE = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --no-annotate --no-header --quiet
lock: .venv/ready
	$(BIN)/pip install --quiet uv
	$(UV_COMPILE) --extra bge --extra lab --extra test | grep -vE '^(nvidia|cuda|triton)' > requirements.lock
	$(UV_COMPILE) --extra bench --constraint requirements.lock | grep -vE '^(nvidia|cuda|triton)' > requirements-bench.lock

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("newsclust needs Python 3.11 or newer; try make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv (once; some minutes) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/ready-bench: .venv/ready requirements-bench.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-bench.lock
	@touch $@

clean: .venv/ready
	$(BIN)/newsclust clean
