#!/usr/bin/env python3
"""build: a clean build without the compiler's cache, and an edit of a stage until its test has run."""
import os
import subprocess
import tempfile
import time

from live import ROOT, print_figure

CMAKE = ["cmake", "-S", ".", "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"]


def timed(*command):
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


with tempfile.TemporaryDirectory() as folder:
    clean = timed(*CMAKE, "-B", folder) + timed("ninja", "-C", folder)
    print_figure("build", "clean_s", clean, "s", 1, floor=480, aim=300)
    os.utime(ROOT / "src/live/transcript/transcript.cpp")
    edit = timed("ninja", "-C", folder, "domain_tests") + timed(f"{folder}/domain_tests", "--gtest_filter=Pipeline.ACall*")
    print_figure("build", "edit_s", edit, "s", 1, floor=30, aim=15)
