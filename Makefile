# Everything a user or a machine runs. Each target makes .venv by itself, pinned by constraints.txt.
SHELL := /bin/bash
PY := .venv/bin/python
STAMP := .venv/.ready

.PHONY: run test check bench snap soak clean
run: $(STAMP)
	@$(PY) -P -m terminal $(ARGS)

test: $(STAMP)
	@$(PY) -m pytest -n auto --dist loadfile $(ARGS)

check: $(STAMP)
	@$(PY) -m ruff check . && $(PY) -m mypy && .venv/bin/lint-imports --no-cache

bench: $(STAMP)
	@$(PY) -m tests.bench --json --table docs/benchmarks.md $(NAME)

snap: $(STAMP)
	@$(PY) -m pytest tests/screens --snapshot-update $(ARGS)

soak: $(STAMP)
	@$(PY) -m tests.soak $(PART)

clean:
	rm -rf .venv

$(STAMP): pyproject.toml constraints.txt .ci/venv
	@bash .ci/venv
