#!/usr/bin/env python3
"""crash: kill -9 at random times with two calls running (tests/system/crash.py). ROUNDS in the environment, default 20."""
import os
import pathlib
import sys
import tempfile

from live import ROOT, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
sys.path = [path for path in sys.path if pathlib.Path(path or ".").resolve() != ROOT / "bench"]
import crash  # noqa: E402
from crash_test import TEXT  # noqa: E402
from harness import render  # noqa: E402

rounds = int(os.environ.get("ROUNDS", "20"))
with tempfile.TemporaryDirectory() as folder:
    wav = render(folder, [{"id": "crash", "voice": "slt", "text": TEXT}])[0]
    total = crash.run(rounds, wav, int(os.environ.get("SEED", "1")), report=lambda line: print(line, file=sys.stderr))
for figure in ("lost", "doubled"):
    print_figure("crash", figure, total[figure], "utterances", rounds, rounds=rounds, hit_unfinished=total["hit_unfinished"], floor=0, aim=0)
