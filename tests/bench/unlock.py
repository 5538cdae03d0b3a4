"""How long a password takes to open a vault made on this machine: slow for a thief, bearable for a person."""

import statistics
import tempfile
import time
from pathlib import Path

from core.clock import SystemClock
from core.secret import Secret
from core.vault.vault import FILE, Vault
from tests.bench.result import Result, bench

ROUNDS = 7
LEAST_MS, MOST_MS = 250, 1_000


@bench("unlock_ms")
def unlock_ms() -> Result:
    """Median of opening, with the parameters that were measured when it was made."""
    password = Secret("correct horse battery staple")
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder) / FILE, SystemClock())
        vault.create(password).put({"pin": Secret("1234")})
        took_ms, cpu_ms = zip(*(_opened_ms(vault, password) for _ in range(ROUNDS)), strict=True)
        size = (Path(folder) / FILE).stat().st_size
        n = vault.parameters().n
    median_ms = statistics.median(took_ms)
    return Result(
        name="unlock_ms",
        value=round(median_ms, 1),
        unit="ms",
        against=f"processor time {statistics.median(cpu_ms):.0f} ms (more than that is others' load)",
        goal=f"{LEAST_MS} to {MOST_MS}",
        meets=LEAST_MS <= median_ms <= MOST_MS,
        detail=f"scrypt N={n} r=8 p=1, {ROUNDS} rounds, {min(took_ms):.0f} to {max(took_ms):.0f} ms, file {size} bytes",
    )


def _opened_ms(vault: Vault, password: Secret) -> tuple[float, float]:
    """Wall and processor milliseconds."""
    started, cpu = time.perf_counter(), time.thread_time()
    vault.open(password).close()
    return (time.perf_counter() - started) * 1000, (time.thread_time() - cpu) * 1000
