"""The whole product keeps the house rules, and each rule is shown a text that breaks it."""

from collections.abc import Callable

import pytest

from tests.rules.source import blind_excepts, busy_init, mints, routes, sources, too_long

RULES = (too_long, blind_excepts, mints, routes, busy_init)

BROKEN = [
    (too_long, "x = 1\n" * 401),
    (too_long, "def f():\n" + "    x = 1\n" * 60),
    (too_long, "class A:\n    async def f(self):\n" + "        x = 1\n" * 60),
    (blind_excepts, "try:\n    f()\nexcept Exception:\n    pass\n"),
    (blind_excepts, "try:\n    f()\nexcept (OSError, BaseException) as e:\n    g(e)\n"),
    (blind_excepts, "try:\n    f()\nexcept:  # noqa: E722\n    pass\n"),
    (blind_excepts, "try:\n    f()\nexcept Exception:  # noqa: BLE001\n    pass\n"),
    (mints, "from core.approval import Approved, mint\n"),
    (mints, "from core.approval import mint as m\n"),
    (mints, "import core.approval\ncore.approval.mint(1, 2, 3, 4)\n"),
    (mints, "from core import approval\nx = approval._SEAL\n"),
    (routes, 'path = "/rest/secure/angelbroking/order/v1/placeOrder"\n'),
    (routes, 'path = f"{base}/cancelOrder"\n'),
    (routes, "client.modifyOrder(x)\n"),
    (routes, "def placeOrder(): pass\n"),
]
FINE = [
    (too_long, "def f():\n" + "    x = 1\n" * 59),
    (blind_excepts, "try:\n    f()\nexcept Exception:  # noqa: BLE001  border: why\n    pass\n"),
    (blind_excepts, "try:\n    f()\nexcept BaseException:\n    g()\n    raise\n"),
    (blind_excepts, "try:\n    f()\nexcept OSError:\n    pass\n"),
    (mints, "from core.approval import Approved\ntoken.mint()\n"),
    (routes, '"""Never placeOrder."""\n# cancelOrder\nx = "order"\n'),
    (busy_init, "x = 1\n"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_the_product_keeps_the_rule(rule: Callable[[str, str], list[str]]) -> None:
    found = [problem for path, text in sources().items() for problem in rule(path, text)]

    assert found == []


@pytest.mark.parametrize(("rule", "text"), BROKEN)
def test_the_rule_bites(rule: Callable[[str, str], list[str]], text: str) -> None:
    assert len(rule("core/engine/x.py", text)) >= 1


@pytest.mark.parametrize(("rule", "text"), FINE)
def test_the_rule_leaves_good_code_alone(rule: Callable[[str, str], list[str]], text: str) -> None:
    assert rule("core/engine/x.py", text) == []


def test_an_init_holds_a_docstring_at_most() -> None:
    assert busy_init("core/__init__.py", "") == busy_init("core/__init__.py", '"""Doc."""\n') == []
    assert busy_init("core/__init__.py", "from core import clock\n") == ["core/__init__.py"]


def test_those_who_may_are_let() -> None:
    assert mints("core/orders/gate.py", "from core.approval import mint\n") == []
    assert (
        routes("core/brokers/orders.py", 'x = "placeOrder"\n') == routes("core/exchange/a.py", 'x = "placeOrder"') == []
    )


def test_there_is_a_product_to_look_at() -> None:
    assert {"core/clock.py", "terminal/cli.py", "core/store/writer.py"} <= set(sources())
