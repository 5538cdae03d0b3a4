"""The catalogue of faults as a whole: every name is seen by a client, told in the docs, and ends as it was asked to."""

import random
from pathlib import Path
from typing import get_args

from core.exchange.faults import Fault, FaultName, Faults
from tests.exchange import test_faults_rest, test_faults_stream, test_faults_updates
from tests.exchange.fault_bench import Bench
from tests.exchange.waiting import until


def test_every_name_has_one_way() -> None:
    ways = [*test_faults_rest.WAYS, *test_faults_stream.WAYS, *test_faults_updates.WAYS]
    assert sorted(ways) == sorted(get_args(FaultName))


def test_probability_count_and_duration() -> None:
    now_s = 0.0
    faults = Faults(random.Random(1), lambda: round(now_s * 1e9))
    faults.add(Fault("slow", probability=0.25, count=None))
    struck = sum(bool(faults.for_request("getRMS")) for _ in range(2_000))
    assert 400 < struck < 600
    faults.clear()
    faults.add(Fault("empty", on=["getRMS"], count=3))
    assert [bool(faults.for_request(name)) for name in ("quote", *["getRMS"] * 4)] == [False, True, True, True, False]
    faults.add(Fault("html", for_s=2.5))
    for now_s, strikes in ((0.0, True), (2.49, True), (2.5, False)):  # noqa: B007
        assert bool(faults.for_request("getRMS")) is strikes
    assert faults.rows() == []


def test_a_duration_ends_by_itself(bench: Bench) -> None:
    bench.set("http_status", on=["getRMS"], for_s=0.4)
    assert bench.funds().status == 503
    until(lambda: bench.funds().status == 200, "the fault has run out")


def test_the_docs_name_every_fault_and_no_other() -> None:
    text = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text()
    rows = text.split("### Faults", 1)[1].split("| name | what happens |", 1)[1].split("\n\n", 1)[0]
    names = [name.strip("` ") for line in rows.splitlines()[2:] for name in line.split("|")[1].split(",")]
    assert sorted(names) == sorted(get_args(FaultName)) and len(names) == len(set(names))
