#!/usr/bin/env python3
"""Some rounds of crash.py: each is a test. --rounds N, --seed S."""
import argparse
import sys
import tempfile

import crash
from harness import render

TEXT = ("The garden is full of flowers in the spring. My brother works in a small bakery. We took the early train to the coast. "
        "The old clock on the wall stopped at noon. There is fresh bread on the kitchen table. The children play football after school. "
        "A letter came from my aunt in Canada. The river is high after the rain.")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wav = render(folder, [{"id": "crash", "voice": "slt", "text": TEXT}])[0]
        failed = 0
        for number in range(given.rounds):
            total = crash.run(1, wav, given.seed + number)
            failed += total["lost"] + total["doubled"] > 0
    print(f"{given.rounds - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
