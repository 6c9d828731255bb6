#!/usr/bin/env python3
"""Versions of tenants: kept when they come into force, in force again where the files are wrong at a start, listed, compared, written out."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from harness import BIN, ROOT, Server, of_type, render, run_with_audio


def sotto(*args):
    return subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=60)


class World:
    """A server with policies of its own."""

    def __init__(self, folder):
        self.config = pathlib.Path(folder) / "config"
        shutil.copytree(ROOT / "config", self.config)
        self.rule = self.config / "policies/demo/service.yaml"
        self.server = Server(data=f"{folder}/data", settings=f"policies: {self.config}/policies\nknowledge: {self.config}/knowledge\n")

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    def policy(self, *args):
        return sotto("policy", *args, "--data", self.server.data)

    def until_kept(self, count):
        deadline = time.monotonic() + 20
        while (listed := self.policy("versions", "demo")).returncode != 0 or sum("changed by" in line for line in listed.stdout.splitlines()) < count:
            assert time.monotonic() < deadline, listed
            time.sleep(0.2)
        return listed.stdout


def test_a_start_with_a_wrong_file_has_the_last_good_version_in_force(_, audio):
    with tempfile.TemporaryDirectory() as folder, World(folder) as world:
        server, rule = world.server, world.rule
        world.until_kept(1)
        good = rule.read_text()
        rule.write_text(good.replace("Ask why, then offer the loyalty plan", "As it was kept"))
        world.until_kept(2)
        server.stop()
        rule.write_text(good + "\n- id: broken\n  when: { phrase: 1, nonsense: 2 }\n")
        server.start()
        status, ready = server.http("GET", "/readyz")
        assert status == 200 and "tenant demo are wrong; version 2" in ready, ready
        log = server.log.read_text()
        assert "nonsense" in log and "version 2 of" in log, log[-3000:]
        assert "sotto_tenants_wrong 1" in server.http("GET", "/metrics")[1]
        _, events, _ = server.call(audio["cancel"], "--speaker", "customer", "--speed", "2")
        assert [cue["headline"] for cue in of_type(events, "cue.shown")] == ["As it was kept"], events
        rule.write_text(good)
        deadline = time.monotonic() + 20
        while server.http("GET", "/readyz")[1] != "ready\n":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert "sotto_tenants_wrong 0" in server.http("GET", "/metrics")[1]
        world.until_kept(3)
        # The folder of all policies is gone: what was in force is.
        server.stop()
        shutil.move(world.config / "policies", world.config / "elsewhere")
        server.start()
        assert "version 3 of" in server.http("GET", "/readyz")[1]
        assert "is not there any more" in server.log.read_text()


def test_versions_are_listed_compared_and_written_out(_, __):
    with tempfile.TemporaryDirectory() as folder, World(folder) as world:
        world.until_kept(1)
        good = world.rule.read_text()
        world.rule.write_text(good + "\n- { id: one_more, when: { phrase: hello there }, then: { tag: greeted } }\n")
        listed = world.until_kept(2)
        assert "policies/service.yaml" in listed and listed.index("   2  ") < listed.index("   1  "), listed
        diff = world.policy("diff", "demo", "1", "2")
        assert diff.returncode == 0, diff
        lines = diff.stdout.splitlines()
        assert lines[0].startswith("--- policies/service.yaml") and lines[1].startswith("+++ policies/service.yaml") and lines[2].startswith("@@ "), lines
        assert [line for line in lines[3:] if line.startswith("+")] and "one_more" in diff.stdout and not [line for line in lines[3:] if line.startswith("-")], diff.stdout
        assert world.policy("diff", "demo", "1").stdout == diff.stdout, "the newest is meant"
        out = pathlib.Path(folder) / "out"
        done = world.policy("restore", "demo", "1", "--out", out)
        assert done.returncode == 0 and (out / "policies/service.yaml").read_text() == good, done
        written = sorted(str(path.relative_to(out / "policies")) for path in (out / "policies").rglob("*") if path.is_file())
        assert written == sorted(str(path.relative_to(world.config / "policies/demo")) for path in (world.config / "policies/demo").rglob("*") if path.suffix in (".yaml", ".intents"))
        assert world.policy("restore", "demo", "1", "--out", out).returncode == 1, "it is there"
        for args, wanted in [(["diff", "demo", "9"], "no version 9"), (["versions", "nobody"], "no version of tenant nobody"), (["restore", "demo", "9", "--out", f"{folder}/no"], "no version 9")]:
            wrong = world.policy(*args)
            assert wrong.returncode == 1 and wanted in wrong.stderr, wrong
        nowhere = sotto("policy", "versions", "demo", "--data", f"{folder}/nothing")
        assert nowhere.returncode == 1 and "is not there" in nowhere.stderr, nowhere
        assert (pathlib.Path(world.server.data) / "versions.db").stat().st_mode & 0o777 == 0o600


def speech(folder):
    lines = [{"id": "cancel", "voice": "awb", "text": "Please close my contract. I do not want it any longer."}]
    return dict(zip([line["id"] for line in lines], render(folder, lines)))


if __name__ == "__main__":
    sys.exit(run_with_audio(globals(), speech))
