"""The real servers that tests start, and why there are none. PROCESSES: `serve` is a process of its own for each role (as_processes.py)."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROCESSES = "SOTTO_SERVERS" in os.environ


class Skip(Exception):
    """Raised by a test that cannot run here; says why."""


def needs_servers():
    if not (ROOT / ".cache/servers/complete").exists():
        raise Skip("PostgreSQL and Redis could not be had: scripts/setup-servers says why")


class PostgreSQL:
    """`environment`: what its process has beside ours. `of`: the server that it is a stand-by of."""

    def __init__(self, options=(), environment=None, of=None):
        needs_servers()
        self.folder = tempfile.mkdtemp(prefix="sotto-pg-")
        self.options = list(options)
        self.environment = {**os.environ, **(environment or {})}
        if of:
            self.script("replica", of.folder, *self.options)
        else:
            self.start()

    def script(self, command, *args, check=True, **how):
        return subprocess.run([ROOT / "scripts/postgres", command, self.folder, *args], check=check, env=self.environment, **how)

    def start(self):
        self.script("start", *self.options)

    def stop(self, how="fast"):
        self.script("stop", how)

    def start_if_ended(self):
        """As a supervisor does: if it can be started."""
        if self.script("running", check=False).returncode != 0:
            self.script("start", *self.options, check=False, stderr=subprocess.DEVNULL)

    def close(self):
        self.script("stop", "immediate", check=False, stderr=subprocess.DEVNULL)  # a test may have ended it
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self, words):
        return (pathlib.Path(self.folder) / "log").read_text(errors="replace").count(words)

    def sql(self, text, database="postgres"):
        psql = ROOT / ".cache/servers/usr/lib/postgresql/15/bin/psql"
        done = subprocess.run([psql, "-h", self.folder, "-U", "owner", "-d", database, "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text],
                              check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def address(self, database, role="sotto"):
        return f"host={self.folder} dbname={database} user={role}"


class Redis:
    def __init__(self, options=()):
        self.folder = tempfile.mkdtemp(prefix="sotto-redis-")
        self.options = list(options)
        self.start()

    def script(self, command, *args):
        return subprocess.run([ROOT / "scripts/redis", command, self.folder, *args], check=True, capture_output=True, text=True).stdout

    def start(self):
        self.script("start", *self.options)

    def kill(self):
        self.script("stop", "9")

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):  # a test may have ended it
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self):
        return {"redis": f"{self.folder}/socket"}


class Shared:
    """A PostgreSQL and a Redis of their own, and what the processes of a cluster over them have in their settings. `postgresql`, `redis`: what makes others."""

    def __init__(self, binary, durable=False, postgresql=None, redis=Redis):
        self.folder = tempfile.mkdtemp(prefix="sotto-epochs-")
        with contextlib.ExitStack() as started:
            started.callback(shutil.rmtree, self.folder, True)
            self.postgresql = started.enter_context(contextlib.closing(postgresql() if postgresql else PostgreSQL([] if durable else ["-c", "fsync=off"])))
            self.redis = started.enter_context(contextlib.closing(redis()))
            self.postgresql.sql("CREATE ROLE sotto LOGIN")
            self.postgresql.sql("CREATE DATABASE cluster")
            self.settings = {"store": {"postgresql": self.postgresql.address("cluster"), "epochs": f"{self.folder}/epochs"}, "bus": self.redis.settings()}
            config = pathlib.Path(self.folder) / "config.yaml"
            config.write_text(json.dumps(self.settings))
            subprocess.run([binary, "store", "migrate", "--config", config, "--as", self.postgresql.address("cluster", "owner")], check=True, capture_output=True)
            self.started = started.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.started.close()
