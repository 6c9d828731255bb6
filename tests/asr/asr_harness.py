"""A running `sotto asr` of its own, raw connections to it, and the audio of a demo call, for the tests and the bench."""
import audioop
import contextlib
import http.client
import pathlib
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
from harness import Server, Socket  # noqa: E402

KEY = "correct-horse"


class AsrServer(Server):
    def __init__(self, key: str = KEY, args: list[str] = (), **more):
        super().__init__(args=[*(["--key", key] if key else []), *args], **more)
        self.key = key

    def command(self):
        return ["asr", "--listen", f"127.0.0.1:{self.port}"]

    def header(self):
        return f"Authorization: Token {self.key}\r\n" if self.key else ""

    def refusal(self, query: str, headers: dict | None = None):
        """(status, headers, body) of an upgrade request that is not taken."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version": "13"}
        if headers is None:
            headers = {"Authorization": f"Token {self.key}"} if self.key else {}
        connection.request("GET", "/v1/listen?" + query, headers={**upgrade, **headers})
        answer = connection.getresponse()
        body = b"" if answer.status == 101 else answer.read()
        connection.close()
        return answer.status, answer.headers, body.decode()


class Listener(Socket):
    """A connection whose messages are collected beside, with the time each came."""

    def __init__(self, server, headers=None, **query):
        parameters = {"model": "nova-3", "encoding": "mulaw", "sample_rate": 8000, **query}
        parameters = {name: str(value).lower() if isinstance(value, bool) else value for name, value in parameters.items() if value is not None}
        super().__init__(server, "/v1/listen?" + urllib.parse.urlencode(parameters), server.header() if headers is None else headers)
        self.tcp.settimeout(60)
        self.messages, self.ended = [], threading.Event()
        self.reader = threading.Thread(target=self._collect, daemon=True)
        if self.status == 101:
            self.reader.start()

    def _collect(self):
        while (message := self.receive()) is not None:
            self.messages.append((time.time(), message))
        self.ended.set()

    def play(self, audio: bytes, frame: int, rate: float):
        """`frame` bytes at a time, `rate` bytes a second."""
        began = time.monotonic()
        for at in range(0, len(audio), frame):
            self.send(audio[at:at + frame])
            time.sleep(max(0, began + (at + frame) / rate - time.monotonic()))

    def close_stream(self, seconds=20):
        self.send({"type": "CloseStream"})
        assert self.ended.wait(seconds), "the server did not close"
        return self

    def of_type(self, kind):
        return [message for _, message in list(self.messages) if message["type"] == kind]

    def finals(self, channel=0):
        return [message for message in self.of_type("Results") if message["is_final"] and message["channel_index"][0] == channel]

    def wait_for(self, wanted, seconds=15):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for _, message in list(self.messages):
                if wanted(message):
                    return message
            time.sleep(0.02)
        raise AssertionError(f"it did not come in {seconds} s")


def transcript(results):
    return " ".join(text for result in results if (text := result["channel"]["alternatives"][0]["transcript"]))


def demo_stereo(name="cancel", seconds=None) -> bytes:
    """Interleaved mu-law, 8 kHz, left customer, right agent."""
    data = (ROOT / f"build/demo/{name}.wav").read_bytes()
    body = data[data.index(b"data") + 8:]
    return body if seconds is None else body[:int(seconds * 16000)]


def to_linear(mulaw: bytes) -> bytes:
    return audioop.ulaw2lin(mulaw, 2)


def memory_mb(server) -> float:
    with contextlib.suppress(OSError):
        for line in open(f"/proc/{server.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0
