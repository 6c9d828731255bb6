#!/usr/bin/env python3
"""footprint: start to ready, resident memory idle, and what a further call adds in its first 60 s (8 kHz mu-law, two
channels). The first calls also fill what all calls share (the models' scratch memory, one for each thread that
decodes): that is `shared_mb`, no part of what a call costs."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from live import ROOT, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
from harness import Server  # noqa: E402

FIRST, FURTHER = 4, 10  # calls


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def main():
    with tempfile.TemporaryDirectory() as folder:
        kept = ROOT / ".cache/minilm/vectors.bin"
        aside = pathlib.Path(folder) / "vectors.bin"
        if kept.exists():
            shutil.move(kept, aside)
        began = time.monotonic()
        with Server():  # the sentences of all tenants are encoded, and kept for the next start
            print_figure("footprint", "ready_first_s", time.monotonic() - began, "s", 1)
        if not kept.exists() and aside.exists():
            shutil.move(aside, kept)
        began = time.monotonic()
        with Server() as server:
            print_figure("footprint", "ready_s", time.monotonic() - began, "s", 1, floor=3, aim=1)
            time.sleep(2)
            idle = resident_mb(server.process.pid)
            print_figure("footprint", "idle_mb", idle, "MB", 1, floor=400, aim=250)
            wavs = [str(ROOT / f"build/demo/{name}.wav") for name in ("cancel", "payment", "fault")]

            def load(calls):
                command = [sys.executable, ROOT / "bench/load.py", str(server.port), str(calls), "1", f"{folder}/{calls}"]
                return subprocess.Popen([*command, *wavs])

            first = load(FIRST)
            time.sleep(45)
            warm = resident_mb(server.process.pid)
            further = load(FURTHER)
            time.sleep(60 + FURTHER * 1.3)
            full = resident_mb(server.process.pid)
            shared = round(warm - idle)
            print_figure("footprint", "call_mb", (full - warm) / FURTHER, "MB", FURTHER, floor=3, aim=1.5, idle_mb=round(idle), shared_mb=shared)
            first.kill()
            further.kill()


main()
