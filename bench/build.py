#!/usr/bin/env python3
"""build: a clean build without the compiler's cache, an edit of a stage until its test has run, and `make run` in a fresh clone
until its page is served. FIRST_RUN=0 leaves out the last, which downloads what set-up needs (Debian packages are as they are here)."""
import os
import re
import subprocess
import tempfile
import time
import urllib.request

from live import ROOT, print_figure

CMAKE = ["cmake", "-S", ".", "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"]


def timed(*command):
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def clean_build():
    with tempfile.TemporaryDirectory() as folder:
        clean = timed(*CMAKE, "-B", folder) + timed("ninja", "-C", folder)
        print_figure("build", "clean_s", clean, "s", 1, floor=480, aim=300)
        os.utime(ROOT / "src/live/transcript/transcript.cpp")
        edit = timed("ninja", "-C", folder, "domain_tests") + timed(f"{folder}/domain_tests", "--gtest_filter=Pipeline.ACall*")
        print_figure("build", "edit_s", edit, "s", 1, floor=30, aim=15)


def first_run():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", ROOT, f"{folder}/sotto"], check=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith("CCACHE") and not name.startswith("MAKE")}
        began = time.monotonic()
        make = subprocess.Popen(["make", "run", "LISTEN=127.0.0.1:0"], cwd=f"{folder}/sotto", env=env, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        address = next((found.group() for line in make.stdout if (found := re.search(r"http://127[^ ]+", line))), None)
        try:
            if address is None:
                raise SystemExit("build: make run ended without an address")
            assert b"<div" in urllib.request.urlopen(address).read()
            print_figure("build", "first_run_s", time.monotonic() - began, "s", 1, floor=1500, aim=900)
        finally:
            make.terminate()
            make.wait()


clean_build()
if os.environ.get("FIRST_RUN") != "0":
    first_run()
