"""Servers of their own whose faults are real: a PostgreSQL with a synchronous replica, one whose disk can be filled, one whose syncs can fail,
and a Redis that Sentinels watch."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import stores
from harness import free_port
from stores import ROOT, PostgreSQL, Redis, Skip


def wait(wanted, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} does not come within {seconds} s")
        time.sleep(0.05)


class ReplicatedPostgreSQL(PostgreSQL):
    """With a stand-by that has everything that was answered: replication is synchronous. Without that, what was answered last is on the disk of a
    server that is gone, and no client can do anything about it."""

    def __init__(self):
        super().__init__(["-c", "fsync=off"])
        self.replica = None
        try:
            self.replica = PostgreSQL(self.options, of=self)
            self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.sql("SELECT pg_reload_conf()")
            wait(lambda: self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1", "the replica")
        except BaseException:
            self.close()
            raise

    def address(self, database, role="sotto"):
        return f"host={self.folder},{self.replica.folder} dbname={database} user={role}"

    def close(self):
        if self.replica:
            self.replica.close()
        super().close()


class SmallDisk:
    """A folder with a disk of its own, in memory; what stood in the folder is on it."""

    def __init__(self, folder, mebibytes):
        self.folder, of = pathlib.Path(folder), os.stat(folder)
        with tempfile.TemporaryDirectory() as before:
            subprocess.run(["cp", "-a", f"{folder}/.", before], check=True)
            options = f"size={mebibytes}m,uid={of.st_uid},gid={of.st_gid},mode={of.st_mode & 0o7777:o}"
            if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True).returncode != 0:
                raise Skip("no right to mount a small disk here")
            subprocess.run(["cp", "-a", f"{before}/.", folder], check=True)

    def fill(self):
        with contextlib.suppress(OSError), open(self.folder / "filler", "ab", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    def free(self):
        (self.folder / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


class PostgreSQLOnSmallDisk(PostgreSQL):
    """All of its data; its own log stands elsewhere."""

    def __init__(self):
        super().__init__(["-c", "min_wal_size=32MB", "-c", "max_wal_size=64MB"])
        self.disk = None
        try:
            self.stop()
            self.disk = SmallDisk(f"{self.folder}/data", 320)
            self.start()
            # Nobody reads it, so all of the write-ahead log is kept, as where a stand-by was forgotten: the usual way to a full disk.
            self.sql("SELECT pg_create_physical_replication_slot('forgotten', true)")
        except BaseException:
            self.close()
            raise

    def fill(self):
        """Until the server itself has felt it: it ends itself where its write-ahead log finds no room (PANIC)."""
        self.disk.fill()
        with contextlib.suppress(subprocess.CalledProcessError):
            for _ in range(40):
                self.sql("SELECT pg_logical_emit_message(true, 'test', repeat('x', 4000000))")
                self.disk.fill()  # what it has freed itself
        assert self.said("No space left on device") > 0

    def close(self):
        self.script("stop", "immediate", check=False, stderr=subprocess.DEVNULL)
        if self.disk:
            self.disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQLWithFailingSyncs(PostgreSQL):
    """`failing` is a folder: while a file fsync or fdatasync stands there, the call of that name fails (tests/faults/failing_syncs.c)."""

    def __init__(self):
        stores.needs_servers()
        self.failing = pathlib.Path(tempfile.mkdtemp(prefix="sotto-syncs-"))
        self.failing.chmod(0o755)  # the server runs as somebody else
        library = self.failing / "failing_syncs.so"
        subprocess.run(["clang-19", "-shared", "-fPIC", "-O1", "-o", library, ROOT / "tests/faults/failing_syncs.c"], check=True)
        super().__init__(environment={"LD_PRELOAD": str(library), "SOTTO_FAILING_SYNCS": str(self.failing)})

    def fail(self, call):
        (self.failing / call).touch()

    def heal(self):
        for call in ("fsync", "fdatasync"):
            (self.failing / call).unlink(missing_ok=True)

    def close(self):
        super().close()
        shutil.rmtree(self.failing, ignore_errors=True)


class WatchedRedis:
    """A primary, its replica, and three Sentinels that watch them, of which two decide."""

    def __init__(self):
        stores.needs_servers()
        self.started = contextlib.ExitStack()
        try:
            self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self):
        port, replica_port = free_port(), free_port()
        self.primary = self.add(Redis(self.tcp(port)))
        self.replica = self.add(Redis([*self.tcp(replica_port), "--replicaof", "127.0.0.1", str(port)]))
        wait(lambda: "master_link_status:up" in self.replica.script("cli", "INFO"), "the replica")
        self.sentinels = [free_port() for _ in range(3)]
        for sentinel in self.sentinels:
            self.add(Sentinel(sentinel, port))
        wait(lambda: all(self.knows(sentinel) for sentinel in self.sentinels), "what the Sentinels know")

    @staticmethod
    def tcp(port):
        return ["--port", str(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"]

    def add(self, server):
        return self.started.enter_context(contextlib.closing(server))

    @staticmethod
    def ask(sentinel, *words):
        cli = ROOT / ".cache/servers/usr/bin/redis-cli"
        return subprocess.run([cli, "-p", str(sentinel), "SENTINEL", *words, "mymaster"], capture_output=True, text=True).stdout

    def knows(self, sentinel):
        return self.ask(sentinel, "CKQUORUM").startswith("OK 3 usable") and "127.0.0.1" in self.ask(sentinel, "REPLICAS")

    def settings(self):
        return {"sentinels": [f"127.0.0.1:{sentinel}" for sentinel in self.sentinels]}

    def close(self):
        self.started.close()


class Sentinel(Redis):
    def __init__(self, port, of):
        super().__init__([str(port), str(of)])

    def start(self):
        self.script("sentinel", *self.options)
