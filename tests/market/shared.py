"""Where recorded data is, for tests that compare with it."""

import lzma
import os
from functools import cache
from pathlib import Path

import pytest

from core.market.instruments import Catalogue


def shared(*parts: str) -> Path:
    """A recorded file; the test is skipped with a reason when it is not there."""
    root = Path(__file__).resolve().parents[2]
    path = Path(os.environ.get("TEZI_SHARED", root.parent / "shared")).joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"no recorded data at {path}: set TEZI_SHARED")
    return path


@cache
def real_master() -> bytes:
    """The whole master of 2025-09-17, as JSON."""
    return lzma.decompress(shared("instruments", "OpenAPIScripMaster_2025-09-17.json.xz").read_bytes())


@cache
def real_catalogue() -> Catalogue:
    """The same, ready to be searched; made once for all tests of a process."""
    return Catalogue.read(real_master())[0]
