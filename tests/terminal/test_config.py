"""The configuration: the example is the defaults, and every mistake is named with file, key, value and remedy."""

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from core.config import Config, load, parse
from core.errors import UserError
from core.orders.checks.catalogue import CATALOGUE

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def leaves(table: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in table.items():
        flat |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def test_the_example_is_the_defaults_with_every_key() -> None:
    assert load(EXAMPLE) == Config()
    assert leaves(tomllib.loads(EXAMPLE.read_text())) == leaves(json.loads(msgspec.json.encode(Config())))


def ranges(kind: msgspec.inspect.StructType) -> dict[str, tuple[int, int]]:
    """Lowest and highest value of each number, by key, from the types that check it."""
    found: dict[str, tuple[int, int]] = {}
    for field in kind.fields:
        if isinstance(field.type, msgspec.inspect.StructType):
            found |= ranges(field.type)
        elif isinstance(field.type, msgspec.inspect.IntType):
            assert field.type.ge is not None, field.name
            assert field.type.le is not None, field.name
            found[field.name] = (field.type.ge, field.type.le)
    return found


def test_the_example_tells_the_range_of_every_number() -> None:
    kind = msgspec.inspect.type_info(Config)
    assert isinstance(kind, msgspec.inspect.StructType)
    lines = EXAMPLE.read_text().splitlines()
    for key, (low, high) in ranges(kind).items():
        comment = lines[next(n for n, line in enumerate(lines) if line.startswith(f"{key} =")) - 1]
        assert comment.endswith(f"{low} to {high}."), key


def test_the_example_says_what_the_collars_are_measured_from() -> None:
    assert "worse of now and 10 s ago" in next(row.rule for row in CATALOGUE if row.name == "PRICE_COLLAR")
    text = EXAMPLE.read_text()
    block = text[text.index("# The collars") : text.index("collar_futures_bps =")]
    option = text[text.index("# How far an option") : text.index("collar_option_bps =")]
    for told in (block, block[block.index("collar_cash_bps") :], option):
        assert "the worse touch of now and 10 s ago" in told
    assert "from the last one" not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mode = \n", "not valid TOML"),
        ("[limits\n", "not valid TOML"),
        ("mode = 'dream'\n", "mode = 'dream': invalid enum value"),
        ("modee = 'practice'\n", "unknown key modee = 'practice'. Remove it"),
        ("[limits]\nquantity = 5\n", "unknown key limits.quantity = 5. Remove it"),
        ("[limits]\norder_quantity_max = '5'\n", "limits.order_quantity_max = '5': expected `int`, got `str`"),
        ("[limits]\norder_quantity_max = true\n", "limits.order_quantity_max = True: expected `int`, got `bool`"),
        ("[limits]\norder_quantity_max = 5.0\n", "limits.order_quantity_max = 5.0: expected `int`, got `float`"),
        ("[limits]\norder_value_rupees_max = -1\n", "limits.order_value_rupees_max = -1: expected `int` >= 1"),
        ("[limits]\norders_per_second_max = 10\n", "limits.orders_per_second_max = 10: expected `int` <= 9"),
        ("limits = 3\n", "limits = 3: expected `object`, got `int`"),
        ("[screen]\nwatchlist = ['A', 1]\n", "screen.watchlist[1] = ['A', 1]: expected `str`, got `int`"),
        ("[screen]\nwatchlist = 'A'\n", "screen.watchlist = 'A': expected `array`, got `str`"),
    ],
)
def test_F51_every_mistake_names_file_key_value_and_remedy(text: str, words: str) -> None:
    with pytest.raises(UserError) as told:
        parse(text, "my.toml")

    message = str(told.value)
    assert message.startswith("my.toml: ")
    assert words in message
    assert any(remedy in message for remedy in ("Mend that line", "Remove it", "Change it"))
    assert len(message.splitlines()) == 1


def test_an_absent_file_is_the_defaults_and_an_unreadable_one_is_told(tmp_path: Path) -> None:
    assert load(tmp_path / "absent.toml") == Config() == load(None)
    for path in (tmp_path, tmp_path / "binary.toml"):
        if path != tmp_path:
            path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(UserError, match="cannot be read"):
            load(path)


def test_F51_odd_files_are_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(b"\xef\xbb\xbfmode = 'practice'")
    with pytest.raises(UserError, match="byte order mark"):
        load(path)
    path.write_text("#" * 2_000_000)
    with pytest.raises(UserError, match="2000000 bytes, at most 1000000"):
        load(path)
    path.write_text("")
    path.chmod(0o606)
    with pytest.raises(UserError, match="chmod o-w"):
        load(path)
