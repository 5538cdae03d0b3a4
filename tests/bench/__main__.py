"""`python -m tests.bench [NAME...] --json`: one JSON object a line."""

import argparse
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import tests.bench
from tests.bench.result import REGISTRY, line, table

PROGRAMS = ("hello", "sender", "receiver", "painted", "exchange_readers")
"""Modules that a benchmark starts as a process of its own: they register nothing."""


def register() -> None:
    """Import every module with benchmarks."""
    for module in pkgutil.iter_modules(tests.bench.__path__):
        if not module.name.startswith("_") and module.name not in PROGRAMS:
            import_module(f"tests.bench.{module.name}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", action="store_true", help="one JSON object a line (the only form there is)")
    parser.add_argument("--table", type=Path, help="also write a Markdown table to this file")
    options = parser.parse_args()
    register()
    unknown = [n for n in options.names if n not in REGISTRY]
    if unknown:
        print(f"no benchmark is named {unknown[0]!r}; there are {', '.join(sorted(REGISTRY))}", file=sys.stderr)
        return 2
    results = []
    for name in options.names or REGISTRY:
        results.append(REGISTRY[name]())
        print(line(results[-1]), flush=True)
    if options.table:
        options.table.write_text(table(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
