"""`python -m tests.bench [NAME...] --json`: one JSON object a line."""

import argparse
import sys
from pathlib import Path

from tests.bench import first_frame
from tests.bench.result import REGISTRY, line, table

assert first_frame


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", action="store_true", help="one JSON object a line (the only form there is)")
    parser.add_argument("--table", type=Path, help="also write a Markdown table to this file")
    options = parser.parse_args()
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
