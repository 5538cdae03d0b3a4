"""`python -m tests.simulation SEED [--minutes N]`: run one world and print what happened in it."""

import argparse
import sys

from tests.simulation.run import simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.simulation")
    parser.add_argument("seed", type=int)
    parser.add_argument("--minutes", type=float, default=2.0)
    options = parser.parse_args()
    report = simulate(options.seed, options.minutes)
    print("\n".join(report.log))
    print("\n".join(reversed(report.events)))
    print(f"seed {report.seed}: {report.orders} orders in {report.seconds:.0f} simulated seconds")
    for line in report.complaints:
        print(f"WRONG: {line}")
    return 1 if report.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
