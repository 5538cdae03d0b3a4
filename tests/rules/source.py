"""The rules of the house as functions from one source text to what breaks them, so that each can be shown to bite."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES_MAX = 400
FUNCTION_LINES_MAX = 60
BORDER = re.compile(r"# (noqa: BLE001  )?border: \w")
"""A handler that logs the exception needs no noqa; each says why it is a border."""
ROUTES = ("placeOrder", "modifyOrder", "cancelOrder")
MAY_NAME_ROUTES = ("core/brokers/contract.py", "core/brokers/orders.py", "core/exchange/")
MAY_MINT = ("core/orders/gate.py",)


def sources() -> dict[str, str]:
    """Every module of the product: path from the root, and text."""
    files = [f for room in ("core", "widgets", "terminal") for f in sorted((ROOT / room).rglob("*.py"))]
    return {f.relative_to(ROOT).as_posix(): f.read_text(encoding="utf-8") for f in files}


def too_long(path: str, text: str) -> list[str]:
    lines = text.count("\n")
    found = [f"{path}: {lines} lines"] if lines > LINES_MAX else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                found.append(f"{path}:{node.lineno}: {node.name} has {length} lines")
    return found


def blind_excepts(path: str, text: str) -> list[str]:
    """`except Exception` (or wider) that is neither a named border nor raises again."""
    lines = text.splitlines()
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ExceptHandler) or not _catches_all(node.type):
            continue
        if not BORDER.search(lines[node.lineno - 1]) and not isinstance(node.body[-1], ast.Raise):
            found.append(f"{path}:{node.lineno}: {lines[node.lineno - 1].strip()}")
    return found


def mints(path: str, text: str) -> list[str]:
    """Uses of core.approval.mint outside the gate."""
    if path in MAY_MINT or path == "core/approval.py":
        return []
    found = []
    for node in ast.walk(ast.parse(text)):
        imported = isinstance(node, ast.ImportFrom) and node.module == "core.approval"
        if imported and any(alias.name in ("mint", "*", "_SEAL") for alias in node.names):
            found.append(f"{path}:{node.lineno}: imports mint")
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith(("approval.mint", "approval._SEAL")):
            found.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    return found


def routes(path: str, text: str) -> list[str]:
    """Names of mutating routes in code (docstrings and comments may speak of them)."""
    if path.startswith(MAY_NAME_ROUTES):
        return []
    tree = ast.parse(text)
    spoken = set(_docstrings(tree))
    found = []
    for node in ast.walk(tree):
        if id(node) in spoken:
            continue
        words = [getattr(node, field, None) for field in ("value", "id", "attr", "name", "arg")]
        if any(route in word for word in words if isinstance(word, str) for route in ROUTES):
            found.append(f"{path}:{getattr(node, 'lineno', 0)}")
    return found


def busy_init(path: str, text: str) -> list[str]:
    """An `__init__.py` that holds more than a docstring."""
    if not path.endswith("__init__.py"):
        return []
    body = ast.parse(text).body
    only_docstring = all(isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in body) and len(body) <= 1
    return [] if only_docstring else [path]


def _catches_all(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(n, ast.Name) and n.id in ("Exception", "BaseException") for n in names)


def _docstrings(tree: ast.AST) -> Iterator[int]:
    """Ids of string nodes that stand alone as a statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)
