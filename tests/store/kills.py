"""Kill -9 of a writing process again and again on one home; whatever was acknowledged must be there each time.

`python -m tests.store.kills HOME ROUNDS SEED`: prints one JSON object. The process forks writers before it has any
thread, so that a kill costs milliseconds.
"""

import asyncio
import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from core.clock import SystemClock
from core.ports import OrderRecord
from core.store.audit.log import AuditLog
from core.store.audit.verify import NO_LOG, verify
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import Writer

FRESH_EVERY = 40
ACKS_MAX = 30


async def write_for_ever(home: Path, name: str, out: int) -> None:
    """Intents with context, audit records and their sync, each acknowledged on `out` once it is on the disk."""
    clock = SystemClock()
    writer = Writer(home / "tezi.db", clock)
    await writer.open()
    journal = OrderJournal(writer, home / "tezi.db")
    audit = AuditLog(home, clock, writer)
    await audit.open()
    if audit.healthy():
        os.write(out, f"broken {audit.healthy()}\n".encode())
        os._exit(1)
    for n in itertools.count():
        tag = f"{name}-{n}"
        audit.append("order.intent", {"tag": tag})
        body = b"x" * (n * 37 % 900)
        await journal.intent(OrderRecord(tag, 1, "gate", "2025-11-27", "1", body, 1, 1, context=b'{"seen":1}'))
        os.write(out, f"intent {tag}\n".encode())
        if n % 5 == 4:
            await audit.flush()
            os.write(out, f"audit {tag}\n".encode())


def one_round(home: Path, name: str, rng: random.Random) -> list[str]:
    """Start a writer, kill it after some acknowledgements and a moment more; gives the acknowledgements."""
    inlet, outlet = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(inlet)
        asyncio.run(write_for_ever(home, name, outlet))
        os._exit(0)
    os.close(outlet)
    wanted, spin = rng.randint(1, ACKS_MAX), rng.randint(0, 60_000)
    with os.fdopen(inlet) as acks:
        seen = list(itertools.islice(acks, wanted))
        for _ in range(spin):
            pass
        os.kill(pid, signal.SIGKILL)
        seen += list(acks)
    os.waitpid(pid, 0)
    return [line.strip() for line in seen if line.endswith("\n")]


def lost(home: Path, acks: list[str]) -> list[str]:
    """What is wrong after a kill, one text each."""
    wrong = [a for a in acks if a.startswith("broken")]
    intents = {a.split()[1] for a in acks if a.startswith("intent")}
    told = {a.split()[1] for a in acks if a.startswith("audit")}
    with closing(sqlite3.connect(home / "tezi.db")) as link:
        stored = {tag for (tag,) in link.execute("SELECT tag FROM order_event")}
        contexts = {tag for (tag,) in link.execute("SELECT tag FROM order_event WHERE context IS NOT NULL")}
        if link.execute("PRAGMA quick_check").fetchone() != ("ok",):
            wrong.append("the store is damaged")
    wrong += [f"intent {t} is lost" for t in intents - stored]
    wrong += [f"what was on screen with {t} is lost" for t in stored - contexts]
    report = verify(home)
    if not report.ok and (told or report.word != NO_LOG):
        wrong.append(f"audit log {report.word}: {report.why}")
    texts = b"".join(p.read_bytes() for p in sorted((home / "audit").glob("*.jsonl")))
    wrong += [f"audit record of {t} is lost" for t in told if f'"tag":"{t}"'.encode() not in texts]
    return wrong


def main(home: Path, rounds: int, seed: int) -> int:
    rng, acknowledged, wrong = random.Random(seed), 0, []
    for n in range(rounds):
        if n % FRESH_EVERY == 0:
            shutil.rmtree(home, ignore_errors=True)
            asyncio.run(prepare(home / "tezi.db", 0))
        acks = one_round(home, f"r{n}", rng)
        acknowledged += len(acks)
        wrong += [f"round {n}: {w}" for w in lost(home, acks)]
    print(json.dumps({"kills": rounds, "acknowledged": acknowledged, "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
