"""Small faults put into the gate, the order states and the classifier, one at a time: do the tests notice each?

A mutant is killed when its tests fail or hang. Every mutant runs in a process of its own, forked from one that has the
libraries loaded, on a copy of the tree that holds the fault. Writes docs/mutants.md. `TEZI_MUTANTS=N` takes every
N-th mutant only, for a quick look; the page says so.
"""

import ast
import contextlib
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.soak._reasons import EXPLAINED

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mutants.md"
JOBS = 2
TIMEOUT_S = 240.0
GOAL = 0.95
LIBRARIES = ("pytest", "pytest_asyncio", "hypothesis", "msgspec", "numpy", "httpcore", "websockets", "asyncio")
_GATE = tuple(
    f"tests/orders/test_{name}.py"
    for name in ("gate", "boundaries", "catalogue", "fail_open", "races", "reducing", "sizing", "exposure")
)
GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        tuple(
            f"core/orders/{name}.py"
            for name in (
                "checks/authority", "checks/structure", "checks/market", "checks/exposure", "checks/conduct",
                "checks/pace", "checks/judge", "gate", "factbook", "exposure", "sizing", "need", "hedge", "worth",
                "habits", "samples",
            )
        ),
        _GATE,
    ),
    (("core/resilience/rates.py",), ("tests/resilience/test_rates.py",)),
    (("core/orders/states.py",), ("tests/orders/test_states.py",)),
    (("core/brokers/classify.py",), ("tests/brokers/test_classify.py",)),
)  # fmt: skip
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """`text` is the whole module with the fault; `label` says what was changed and survives edits of other lines."""

    path: str
    line: int
    label: str
    text: str
    original: str
    tests: tuple[str, ...]


def run() -> int:
    os.environ["TEZI_HUNTING"] = "1"
    every = int(os.environ.get("TEZI_MUTANTS", "1"))
    started = time.monotonic()
    mutants = [m for paths, tests in GROUPS for path in paths for m in mutants_of(path, tests)][::every]
    for name in LIBRARIES:
        importlib.import_module(name)
    whole = [_unchanged(paths[0], tests) for paths, tests in GROUPS]
    if len(_run_all(whole)) != len(whole):
        print("mutants: the tests fail on the unchanged tree; nothing can be said")
        return 1
    survivors = _run_all(mutants)
    took_s = time.monotonic() - started
    PAGE.write_text(page(mutants, survivors, every, took_s), encoding="utf-8")
    killed = len(mutants) - len(survivors)
    bare = sum((m.path, m.label) not in EXPLAINED for m in survivors)
    print(f"mutants: {killed} of {len(mutants)} killed, {bare} survivors without a reason, {took_s:.0f} s")
    return 0 if killed >= GOAL * len(mutants) else 1


def _unchanged(path: str, tests: tuple[str, ...]) -> Mutant:
    source = (ROOT / path).read_text(encoding="utf-8")
    return Mutant(path, 0, "unchanged", source, source, tests)


def mutants_of(path: str, tests: tuple[str, ...] = ()) -> Iterator[Mutant]:
    """Every mutant of one module."""
    source = (ROOT / path).read_text(encoding="utf-8")
    for n in range(len(list(_spots(ast.parse(source))))):
        tree = ast.parse(source)
        node, shown, function, change = list(_spots(tree))[n]
        before, line = ast.unparse(shown), getattr(node, "lineno", 0)
        change()
        label = f"{function}: {_short(before, ast.unparse(shown))}"
        yield Mutant(path, line, label, ast.unparse(tree), source, tests)


def _short(before: str, after: str) -> str:
    """The first line that differs, old and new."""
    pairs = zip(before.splitlines(), [*after.splitlines(), ""], strict=False)
    old, new = next(((a.strip(), b.strip()) for a, b in pairs if a != b), (before, after))
    return f"`{old}` to `{new}`"


def _spots(tree: ast.Module):
    """(node, what to show of it, name of its function, what changes it) for everything that can be changed."""
    for function, node, shown in _inside(tree, "module", tree):
        shown = shown if isinstance(node, ast.Constant | ast.stmt) else node
        yield from ((node, shown, function, change) for change in _changes(node))


def _inside(node: ast.AST, function: str, statement: ast.AST):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _inside(child, child.name, child)
        elif not _skipped(child):
            simple = isinstance(child, ast.expr) if isinstance(statement, ast.If | ast.For | ast.While) else False
            shown = child if isinstance(child, ast.stmt) or simple else statement
            yield function, child, shown
            yield from _inside(child, function, shown)


def _skipped(node: ast.AST) -> bool:
    """Docstrings, imports and annotations have no behaviour."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.Import | ast.ImportFrom | ast.arguments | ast.AnnAssign)


def _changes(node: ast.AST):
    if isinstance(node, ast.Compare):
        for n, op in enumerate(node.ops):
            if type(op) in _SWAPS:
                yield lambda n=n, op=op: node.ops.__setitem__(n, _SWAPS[type(op)]())
    elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in _SWAPS:
        yield lambda: setattr(node, "op", _SWAPS[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda: _become(node, node.operand)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda: setattr(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield lambda: setattr(node, "value", node.value + 1)
    elif isinstance(node, ast.AugAssign):
        yield lambda: _become(node, ast.Pass())
    elif isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | type(None)):
        yield lambda: setattr(node, "value", ast.Constant(None))


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one in place."""
    line, column = node.lineno, node.col_offset
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)
    node.lineno, node.col_offset = line, column


def _run_all(mutants: list[Mutant]) -> list[Mutant]:
    """Run every mutant, `JOBS` at a time; gives those whose tests passed."""
    folder = Path(tempfile.mkdtemp(prefix="tezi-mutants-"))
    trees = [_copy(folder / f"tree{n}") for n in range(JOBS)]
    running: dict[int, tuple[Mutant, Path, float]] = {}
    survivors: list[Mutant] = []
    left = list(reversed(mutants))
    try:
        while left or running:
            while left and trees:
                tree, mutant = trees.pop(), left.pop()
                running[_start(mutant, tree)] = (mutant, tree, time.monotonic())
            _collect(running, trees, survivors)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return survivors


def _collect(running: dict[int, tuple[Mutant, Path, float]], trees: list[Path], survivors: list[Mutant]) -> None:
    for pid, (mutant, tree, since) in list(running.items()):
        done, status = os.waitpid(pid, os.WNOHANG)
        if not done and time.monotonic() - since > TIMEOUT_S:
            os.kill(pid, signal.SIGKILL)
            done, status = os.waitpid(pid, 0)
        if done:
            del running[pid]
            (tree / mutant.path).write_text(mutant.original, encoding="utf-8")
            trees.append(tree)
            if status == 0:
                survivors.append(mutant)
                print(f"passes: {mutant.path}:{mutant.line} {mutant.label}", flush=True)
    time.sleep(0.01)


def _copy(tree: Path) -> Path:
    """The part of the tree that the tests need."""
    for name in ("core", "tests", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "__snapshots__"))
    for name in ("pyproject.toml", "config.example.toml"):
        shutil.copy(ROOT / name, tree / name)
    return tree


def _start(mutant: Mutant, tree: Path) -> int:
    (tree / mutant.path).write_text(mutant.text, encoding="utf-8")
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        code = _tests(mutant, tree)
    finally:
        os._exit(code)


def _tests(mutant: Mutant, tree: Path) -> int:
    """In the child: the tests of a mutant on its tree; 0 when all pass."""
    import pytest

    for name in [n for n in sys.modules if n.partition(".")[0] in ("core", "tests", "terminal", "widgets")]:
        del sys.modules[name]
    os.chdir(tree)
    sys.path[:] = [str(tree), *(p for p in sys.path if p not in ("", str(ROOT)))]
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    present = [t for t in mutant.tests if (tree / t).exists()]
    with contextlib.suppress(SystemExit):
        return int(
            pytest.main(
                ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--timeout=120", *present]
            )
        )
    return 98


def page(mutants: list[Mutant], survivors: list[Mutant], every: int, took_s: float) -> str:
    """docs/mutants.md."""
    killed = len(mutants) - len(survivors)
    part = "" if every == 1 else f" Only every {every}th mutant was run."
    lines = [
        "# Mutants",
        "",
        "Small faults (comparisons, constants, boolean and arithmetic operators, returns, left-out steps) put one at a",
        "time into the gate, the rate windows, the order states and the classifier. Written by `python -m tests.soak",
        f"mutants` in {took_s / 60:.0f} minutes.{part}",
        "",
        f"**{killed} of {len(mutants)} killed ({killed / max(1, len(mutants)) * 100:.1f} %).**",
        "",
        "| module | killed | of |",
        "|---|---|---|",
    ]
    for path in dict.fromkeys(m.path for m in mutants):
        count = sum(m.path == path for m in mutants)
        lines.append(f"| `{path}` | {count - sum(m.path == path for m in survivors)} | {count} |")
    lines += ["", "## Survivors", ""]
    for m in sorted(survivors, key=lambda m: (m.path, m.line)):
        why = EXPLAINED.get((m.path, m.label), "no test tells it apart yet")
        lines.append(f"- `{m.path}` {m.label}: {why}")
    return "\n".join([*lines, ""])
