"""A running server of its own, a WebSocket client of the standard library's sockets, and synthesised speech, for the system tests."""
import base64
import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

import stores
from stores import Skip

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("SOTTO_BIN", str(ROOT / "build/sotto"))


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, data: str | None = None, args: list[str] = (), settings: str = "", prefix: list[str] = (), store: dict | None = None):
        self.folder = tempfile.TemporaryDirectory()
        self.data = data or self.folder.name + "/data"
        self.port = free_port()
        self.log = pathlib.Path(self.folder.name) / "log"
        self.args = list(args)
        self.prefix = list(prefix)
        if store:
            import yaml  # which the virtual environments of other tests do not have

            settings = yaml.safe_dump({**(yaml.safe_load(settings) or {}), **store})
        if settings:
            config = pathlib.Path(self.folder.name) / "config.yaml"
            config.write_text(settings)
            self.args += ["--config", str(config)]
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)
        self.folder.cleanup()

    def command(self):
        return ["serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data]

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([*self.prefix, BIN, *self.command(), *self.args], cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.http("GET", "/readyz")[0] == 200:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("the server does not start:\n" + self.log.read_text())

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(20)

    def http(self, method, path, body=None, headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, data=None if body is None else body.encode(), headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def json(self, path):
        return json.loads(self.http("GET", path)[1])

    def call(self, wav, *args, timeout=120):
        """`sotto call --json`: (exit code, events, stderr)."""
        done = subprocess.run([BIN, "call", str(wav), "--json", "--server", f"http://127.0.0.1:{self.port}", *args], cwd=ROOT, capture_output=True, text=True, timeout=timeout)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def events(self, call):
        return self.json(f"/v1/calls/{call}/events")["events"]


class Socket:
    """RFC 6455, client side, just enough."""

    def __init__(self, server: Server, path: str, headers: str = ""):
        self.tcp = socket.create_connection(("127.0.0.1", server.port), timeout=15)
        # As real clients do: else a frame waits for the acknowledgement of the one before, up to 40 ms.
        self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.tcp.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            piece = self.tcp.recv(4096)
            if not piece:
                raise ConnectionError("closed before it answered")
            self.buffer += piece
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.head = head.decode()
        self.status = int(head.split(b" ")[1])
        self.close_code, self.close_reason = None, ""

    def send(self, message, opcode=None):
        data = message if isinstance(message, bytes) else (message if isinstance(message, str) else json.dumps(message)).encode()
        opcode = opcode or (2 if isinstance(message, bytes) else 1)
        length = len(data)
        size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + struct.pack(">H", length) if length < 65536 else bytes([0xFF]) + struct.pack(">Q", length)
        self.tcp.sendall(bytes([0x80 | opcode]) + size + b"\0\0\0\0" + data)

    def _take(self, count):
        while len(self.buffer) < count:
            piece = self.tcp.recv(65536)
            if not piece:
                raise EOFError
            self.buffer += piece
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def receive(self):
        """The next JSON message, or None when the socket is closed."""
        try:
            while True:
                first, second = self._take(2)
                length = second & 0x7F
                if length == 126:
                    length = struct.unpack(">H", self._take(2))[0]
                elif length == 127:
                    length = struct.unpack(">Q", self._take(8))[0]
                data = self._take(length)
                opcode = first & 0xF
                if opcode == 1:
                    return json.loads(data)
                if opcode == 8:
                    self.close_code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 1005
                    self.close_reason = data[2:].decode()
                    self.send(data, 8)
                    return None
                if opcode == 9:
                    self.send(data, 10)
        except (EOFError, OSError):
            return None

    def until(self, wanted, seconds=15):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.receive()
            if message is None or wanted(message):
                return message
        return None

    def close(self):
        self.tcp.close()


skipped = []  # of this process


def needs_one_process(what):
    """Of a test of what one process alone has."""
    if stores.PROCESSES:
        raise Skip(f"{what} is of one process")


def closing_line(passed, failed):
    return f"{passed} passed, {failed} failed, {len(skipped)} skipped"


def run_tests(functions, *given, wanted=(), label=""):
    """Runs the test_… functions of a module, those whose name has one of the words wanted, with what is given: (passed, failed)."""
    passed = failed = 0
    for name, test in list(functions.items()):
        if not name.startswith("test_") or (wanted and not any(word in name for word in wanted)):
            continue
        began = time.monotonic()
        try:
            test(*given)
            passed += 1
            print(f"ok   {label}{name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skip as why:
            skipped.append(name)
            print(f"skip {label}{name}: {why}", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {label}{name}\n{traceback.format_exc()}", flush=True)
    return passed, failed


def run_with_audio(functions, make_audio) -> int:
    """The tests of a module against one server and the recordings that `make_audio` puts into a folder; arguments choose by words of the name. The exit code."""
    os.chdir(pathlib.Path(__file__).parent)
    with tempfile.TemporaryDirectory() as folder:
        audio = make_audio(folder)
        with Server() as server:
            passed, failed = run_tests(functions, server, audio, wanted=sys.argv[1:])
            if failed:
                print(server.log.read_text()[-3000:])
    print(closing_line(passed, failed))
    return 1 if failed else 0


def start_message(call, **over):
    return {"type": "start", "call": call, "tenant": "demo", "tracks": ["customer", "agent"], "coding": "mulaw", "rate": 8000, "replay": True, **over}


def packet(track, first, samples: bytes) -> bytes:
    return struct.pack("<BBHQ", 1, track, 0, first) + samples


def render(folder, lines):
    """lines: [{id, voice, text}] -> folder/id.wav (mono, 8 kHz mu-law)."""
    file = pathlib.Path(folder) / "lines.json"
    file.write_text(json.dumps(lines))
    subprocess.run(["/usr/bin/python3", ROOT / "demo/render.py", "--lines", folder, file], check=True, cwd=ROOT)
    return [pathlib.Path(folder) / f'{line["id"]}.wav' for line in lines]


def of_type(events, kind):
    return [event["data"] for event in events if event["type"] == "sotto." + kind]
