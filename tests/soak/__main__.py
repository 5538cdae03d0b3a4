"""`python -m tests.soak [PART]`: the long runs of one part, or of all of them one after the other."""

import argparse
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module

import tests.soak


def parts() -> list[str]:
    """Every module of this package except this one."""
    return sorted(m.name for m in pkgutil.iter_modules(tests.soak.__path__) if not m.name.startswith("_"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.soak")
    parser.add_argument("part", nargs="?")
    wanted, known = parser.parse_args().part, parts()
    if wanted is not None and wanted not in known:
        print(f"no part is named {wanted!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    code = 0
    for name in known if wanted is None else [wanted]:
        run: Callable[[], int] = import_module(f"tests.soak.{name}").run
        code = max(code, run())
    return code


if __name__ == "__main__":
    sys.exit(main())
