"""The store, long: 1,000 kills, 2,000 power cuts each of store and audit log, every byte of log and vault changed."""

import asyncio
import random
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from tests.audit.conftest import write
from tests.audit.test_tampering import cuts, flips, line_changes
from tests.store.kills import main as kills
from tests.store.powerloss import audit_losses, commits, store_losses

KILLS = 1_000
CUTS = 2_000


def run() -> int:
    """Print a line for each part; 0 when nothing was lost and everything was found."""
    folder = Path(tempfile.mkdtemp(prefix="tezi-soak-"))
    try:
        return max(_kills(folder), _store(folder), _audit(folder), _tampering(folder), _vault(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kills(folder: Path) -> int:
    started = time.monotonic()
    code = kills(folder / "kills", KILLS, 20261124)
    print(f"kill -9: {KILLS} points, {time.monotonic() - started:.0f} s")
    return code


def _store(folder: Path) -> int:
    found = asyncio.run(commits(folder / "tezi.db", 300, random.Random(4)))
    return _say("power cuts, store", CUTS, store_losses(folder, found, CUTS, 5))


def _audit(folder: Path) -> int:
    wrong = []
    for seed in range(10):
        wrong += audit_losses(folder / f"home-{seed}", CUTS // 10, seed)
    return _say("power cuts, audit log", CUTS, wrong)


def _tampering(folder: Path) -> int:
    home = folder / "sample"
    asyncio.run(write(home, 6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.store.audit.chainfile.SEGMENT_BYTES", 1)
        for _ in range(2):
            asyncio.run(write(home, 6))
    print(f"audit log: {flips(home, 1)} changed bytes, all found, the right record named")
    print(f"audit log: {cuts(home, 1)} cuts, all found")
    print(f"audit log: {line_changes(home)} lines deleted, swapped or doubled, all found")
    return 0


def _vault(folder: Path) -> int:
    """Every byte of a vault changed to each of 16 other values: never opened."""
    from core.vault.errors import DamagedVault
    from tests.vault.build import ITEMS, PASSWORD, vault

    home = folder / "vault"
    vault(home).create(PASSWORD).put(ITEMS)
    path = next(home.glob("vault.*[!v]"))
    good, opened = path.read_bytes(), []
    for at in range(len(good)):
        for mask in range(1, 256, 16):
            path.write_bytes(good[:at] + bytes([good[at] ^ mask]) + good[at + 1 :])
            try:
                vault(home).open(PASSWORD)
            except DamagedVault:
                continue
            opened.append(f"byte {at} ^ {mask}")
    return _say("vault, changed bytes", 16 * len(good), opened)


def _say(name: str, count: int, wrong: list[str]) -> int:
    print(f"{name}: {count}, wrong {len(wrong)}{': ' + wrong[0] if wrong else ''}")
    return 1 if wrong else 0
