"""What a benchmark gives, and the table of all of them."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One line. `meets` is None when the name has no goal; `against` is what was measured beside it in the same run."""

    name: str
    value: float
    unit: str
    against: str
    goal: str
    meets: bool | None
    detail: str


Bench = Callable[[], Result]
REGISTRY: dict[str, Bench] = {}


def bench(name: str) -> Callable[[Bench], Bench]:
    """Register a benchmark under the name that decisions give it."""

    def register(run: Bench) -> Bench:
        REGISTRY[name] = run
        return run

    return register


def line(result: Result) -> str:
    return json.dumps(asdict(result), ensure_ascii=False)


def table(results: list[Result]) -> str:
    """The page that `make bench` writes."""
    rows = [
        f"| `{r.name}` | {r.value:g} {r.unit} | {r.goal} | {'yes' if r.meets else 'no'} | {r.against} | {r.detail} |"
        for r in results
    ]
    head = "| name | value | goal | meets | against | detail |\n|---|---|---|---|---|---|"
    note = "Written by `make bench` on whatever machine ran it last. Read ratios; absolute figures are one machine's."
    return "\n".join(["# Benchmarks", "", note, "", head, *rows, ""])
