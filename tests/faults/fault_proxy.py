"""toxiproxy (scripts/setup-fault-proxy) beside the tests: TCP proxies that break their connections when told, and the faults we tell them."""
import contextlib
import json
import pathlib
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
from harness import free_port  # noqa: E402

BINARY = ROOT / ".cache/fault-proxy/toxiproxy"
UP, DOWN = "upstream", "downstream"  # to the provider, from it


class FaultProxy:
    def __init__(self, folder: pathlib.Path):
        self.port = free_port()
        self.log = folder / "toxiproxy.log"
        self.process = None

    def __enter__(self):
        if not BINARY.exists():
            raise SystemExit("toxiproxy is not here: run scripts/setup-fault-proxy")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([BINARY, "-host", "127.0.0.1", "-port", str(self.port)], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.ask("GET", "/version")
                return self
            time.sleep(0.05)
        raise RuntimeError("toxiproxy does not start:\n" + self.log.read_text())

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    def add(self, name: str, port: int) -> "Line":
        listen = free_port()
        self.ask("POST", "/proxies", {"name": name, "listen": f"127.0.0.1:{listen}", "upstream": f"127.0.0.1:{port}", "enabled": True})
        return Line(self, name, listen)


class Line:
    """One proxied address. What is done to it falls on its open connections and on new ones, until heal()."""

    def __init__(self, proxy: FaultProxy, name: str, port: int):
        self.proxy, self.name, self.port = proxy, name, port
        self.toxics = []
        self.disabled = False

    def toxic(self, kind, stream, **attributes):
        name = f"{kind}-{stream}"
        self.proxy.ask("POST", f"/proxies/{self.name}/toxics", {"name": name, "type": kind, "stream": stream, "attributes": attributes})
        self.toxics.append(name)

    def disable(self):
        self.proxy.ask("POST", f"/proxies/{self.name}", {"enabled": False})
        self.disabled = True

    def heal(self):
        while self.toxics:
            with contextlib.suppress(urllib.error.HTTPError):
                self.proxy.ask("DELETE", f"/proxies/{self.name}/toxics/{self.toxics.pop()}")
        if self.disabled:
            self.proxy.ask("POST", f"/proxies/{self.name}", {"enabled": True})
            self.disabled = False


# --- the faults: each begins one on a line and says for how many seconds it is to stay ---

def cut(line, chance, provider):
    """Ends each connection at a byte of either direction: in a handshake, a header, the middle of a word."""
    up = chance.random() < 0.6
    line.toxic("limit_data", UP if up else DOWN, bytes=chance.randint(1, 64_000 if up else 6_000))
    return chance.uniform(1, 4)


def reset(line, chance, provider):
    """A connection that is open ends; those that follow are reset (RST) some time after they opened."""
    line.toxic("reset_peer", chance.choice([UP, DOWN]), timeout=chance.randint(0, 2_000))
    return chance.uniform(1, 5)


def black_hole(line, chance, provider):
    """Nothing arrives in either direction, nobody is told; in the end the connections close."""
    for stream in (UP, DOWN):
        line.toxic("timeout", stream, timeout=0)
    return chance.uniform(1, 8)


def half_open(line, chance, provider):
    line.toxic("timeout", chance.choice([UP, DOWN]), timeout=0)
    return chance.uniform(1, 8)


def late(line, chance, provider):
    most = chance.randint(200, 2_500)
    line.toxic("latency", chance.choice([UP, DOWN]), latency=most, jitter=most // 4)
    return chance.uniform(1, 6)


def narrow(line, chance, provider):
    """Less than the 32 kB a second of a voice, or a little more."""
    line.toxic("bandwidth", UP, rate=chance.randint(1, 48))
    return chance.uniform(1, 6)


def sliced(line, chance, provider):
    """Small pieces with a pause between: messages arrive in parts."""
    size = chance.randint(2, 400)
    for stream in (UP, DOWN):
        line.toxic("slicer", stream, average_size=size, size_variation=size // 2, delay=chance.randint(10, 5_000))
    return chance.uniform(1, 6)


def refused(line, chance, provider):
    """Every connection ends, new ones are refused."""
    line.disable()
    return chance.uniform(1, 10)


def restarted(line, chance, provider):
    """The provider is killed, or stopped as an operator does; it is back after up to three seconds."""
    provider.stop(chance.choice([signal.SIGKILL, signal.SIGTERM]))
    time.sleep(chance.uniform(0, 3))
    provider.start()
    return 0


FAULTS = {"cut at a byte": cut, "reset": reset, "black hole": black_hole, "half open": half_open, "late": late, "narrow": narrow, "sliced": sliced,
          "refused": refused, "provider restarted": restarted}


def strike(kind: str, line: Line, chance: random.Random, provider, patience=lambda seconds: time.sleep(seconds)):
    """One fault from its beginning to its end."""
    try:
        patience(FAULTS[kind](line, chance, provider))
    finally:
        line.heal()
