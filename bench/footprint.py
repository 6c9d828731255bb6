#!/usr/bin/env python3
"""footprint: start to ready, resident memory idle, and what each call adds after 60 s (8 kHz mu-law, two channels)."""
import pathlib
import subprocess
import sys
import tempfile
import time

from live import ROOT, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
from harness import Server  # noqa: E402

CALLS = 5


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def main():
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with Server() as server:
            print_figure("footprint", "ready_s", time.monotonic() - began, "s", 1, floor=3, aim=1)
            time.sleep(2)
            idle = resident_mb(server.process.pid)
            print_figure("footprint", "idle_mb", idle, "MB", 1, floor=400, aim=250)
            # A first call warms what all calls share; the figure is what further ones add.
            wavs = [str(ROOT / f"build/demo/{name}.wav") for name in ("cancel", "payment", "fault")]
            first = subprocess.Popen([ROOT / "build/sotto", "call", wavs[0], "--server", f"http://127.0.0.1:{server.port}"], cwd=ROOT, stdout=subprocess.DEVNULL)
            time.sleep(60)
            warm = resident_mb(server.process.pid)
            load = subprocess.Popen([sys.executable, ROOT / "bench/load.py", str(server.port), str(CALLS), "1", f"{folder}/out", *wavs])
            time.sleep(60 + CALLS * 1.3)
            full = resident_mb(server.process.pid)
            print_figure("footprint", "call_mb", (full - warm) / CALLS, "MB", CALLS, floor=3, aim=1.5, idle_mb=round(idle), warm_mb=round(warm))
            load.kill()
            first.kill()


main()
