"""What may stand nowhere in the product, as functions from one source text to what breaks them."""

import ast

_CALLS = {"eval", "exec", "print", "pickle.loads", "pickle.load", "yaml.load", "tempfile.mktemp", "marshal.loads"}
_CALLS |= {"ssl._create_unverified_context", "ssl.create_default_context", "ssl.wrap_socket", "os.system"}
_NAMES = {"CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "allow_redirects"}
_FALSE = {"verify", "check_hostname", "verify_mode"}
_ENDS = tuple(_FALSE)
TLS_DOOR = "core/links/tls.py"
SERVER_TLS = "core/exchange/"


def weak_tls(path: str, text: str) -> list[str]:
    """Any way to a connection that is not verified, and contexts made anywhere but in the one door."""
    found = []
    for node in ast.walk(ast.parse(text)):
        name = getattr(node, "attr", getattr(node, "id", ""))
        if name in _NAMES or (name == "SSLContext" and path != TLS_DOOR and _is_made(node, text)):
            found.append(f"{path}:{getattr(node, 'lineno', 0)}: {name}")
        if isinstance(node, ast.keyword) and node.arg in _FALSE and _is_false(node.value):
            found.append(f"{path}:{node.value.lineno}: {node.arg}=False")
        if (
            isinstance(node, ast.Assign)
            and _is_false(node.value)
            and ast.unparse(node.targets[0]).endswith(tuple(_FALSE))
        ):
            found.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    return found if not path.startswith(SERVER_TLS) else []


def forbidden_calls(path: str, text: str) -> list[str]:
    """Calls that run foreign text, race for a file or print."""
    return [
        f"{path}:{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALLS
    ]


def markup(path: str, text: str) -> list[str]:
    """`markup=True`, texts handed to a parser of markup, local variables in tracebacks, a shell."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.keyword) and node.arg in ("markup", "show_locals", "capture_locals", "shell"):
            if not _is_false(node.value):
                found.append(f"{path}:{node.value.lineno}: {node.arg}={ast.unparse(node.value)}")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("from_markup", "Text.from_ansi")):
            found.append(f"{path}:{node.lineno}: {ast.unparse(node.func)}")
    return found


def _is_made(node: ast.AST, text: str) -> bool:
    line = text.splitlines()[getattr(node, "lineno", 1) - 1]
    return "SSLContext(" in line


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
