#!/usr/bin/env python3
"""Recognisers in a chain, as an operator meets them: a server whose calls `sotto asr` hears over real sockets, and what happens when that dies,
vanishes, refuses or comes back. Usage: chain_test.py [WORD...]   only tests whose name has a WORD."""
import contextlib
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from asr_harness import KEY, ROOT, AsrServer

sys.path.insert(0, str(ROOT / "tests/system"))
from harness import BIN, Server, free_port, of_type, closing_line, run_tests  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()


def short_call(seconds=34):
    """The beginning of a demo call: both parties speak."""
    wav = pathlib.Path(FOLDER.name) / f"call{seconds}.wav"
    if not wav.exists():
        subprocess.run(["sox", ROOT / "build/demo/cancel.wav", wav, "trim", "0", str(seconds)], check=True)
    return wav


def settings(url, key=KEY, use="[pool, local]", more=""):
    file = pathlib.Path(FOLDER.name) / f"key-{key}"
    file.write_text(key + "\n")
    return f'region: here\nrecognisers:\n  - {{ name: pool, url: "{url}", region: here, key_file: {file}, pace: 10{more} }}\nchains:\n  - {{ use: {use} }}\n'


def url(port, scheme="ws"):
    return f"{scheme}://127.0.0.1:{port}/v1/listen"


class Proxy:
    """A network between two programs that can lose everything without a word (`swallow`), or speak TLS to the outside."""

    def __init__(self, port, context=None):
        self.target, self.context, self.swallow, self.sockets = port, context, False, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                outside, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(outside,), daemon=True).start()

    def _serve(self, outside):
        with contextlib.suppress(OSError):
            if self.context:
                outside = self.context.wrap_socket(outside, server_side=True)
            inside = socket.create_connection(("127.0.0.1", self.target))
            self.sockets += [outside, inside]
            threading.Thread(target=self._pump, args=(inside, outside), daemon=True).start()
            self._pump(outside, inside)

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.swallow:
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


class Played(threading.Thread):
    """`sotto call --json` beside; events with the time each came."""

    def __init__(self, server, wav):
        super().__init__(daemon=True)
        self.events = []
        self.process = subprocess.Popen([BIN, "call", str(wav), "--json", "--server", f"http://127.0.0.1:{server.port}"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.start()

    def run(self):
        for line in self.process.stdout:
            self.events.append((time.monotonic(), json.loads(line)))

    def wait_for(self, wanted, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = next((at for at, event in list(self.events) if wanted(event)), None)
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"never came; had {[event['type'] for _, event in self.events][-8:]}")

    def ended(self):
        assert self.process.wait(90) == 0
        self.join(10)
        return [event for _, event in self.events]


def captions(state):
    return lambda event: event["type"] == "sotto.call.health" and event["data"]["captions"] == state


def is_final(event):
    return event["type"] == "sotto.utterance.final"


def whole(server, events):
    """Nothing is missing, nothing twice: finals of a track do not overlap, the ledger has no gap and nothing pending."""
    finals = of_type(events, "utterance.final")
    for track in ("customer", "agent"):
        spans = sorted((final["from"], final["to"]) for final in finals if final["track"] == track)
        assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:])), spans
    coverage = of_type(events, "call.ended")[0]["coverage"]
    for track, sums in coverage.items():
        assert sums["gap_ms"] <= 300 and sums["pending_ms"] == 0, (track, sums, of_type(events, 'coverage.gap'))  # voiced noise without words may be a gap
    text = " ".join(final["text"] for final in sorted(finals, key=lambda f: f["start_ms"])).lower()
    for words in ("thinking about it", "another company", "decide this"):
        assert words in text, (words, text)


# --- the tests ---

def test_another_machine_hears_the_call():
    with AsrServer() as asr, Server(settings=settings(url(asr.port))) as server:
        events = Played(server, short_call()).ended()
        whole(server, events)
        assert not any(captions("degraded")(event) for event in events)
        assert "sotto_listen_connections_total 2" in asr.http("GET", "/metrics", headers={"Authorization": f"Bearer {KEY}"})[1]


def test_killed_the_next_engine_goes_on_and_the_first_is_taken_back():
    with AsrServer() as asr, Server(settings=settings(url(asr.port))) as server:
        call = Played(server, short_call(60))
        call.wait_for(is_final)
        time.sleep(6)
        asr.stop(signal.SIGKILL)
        killed = time.monotonic()
        said = call.wait_for(captions("degraded"), 5) - killed
        time.sleep(8)
        asr.start()
        call.wait_for(lambda event: captions("live")(event) and call.events[-1][0] > killed + 8, 25)
        events = call.ended()
        whole(server, events)
        assert said < 2, f"said after {said:.1f} s"
        finals = [(at, event) for at, event in call.events if is_final(event)]
        assert any(killed < at < killed + 8 for at, _ in finals), "the local engine heard nothing"
        assert "sotto_listen_finals_total 0" not in asr.http("GET", "/metrics", headers={"Authorization": f"Bearer {KEY}"})[1], "the first engine was not taken back"


def test_a_network_that_swallows_everything_is_left():
    with AsrServer() as asr:
        proxy = Proxy(asr.port)
        with Server(settings=settings(url(proxy.port))) as server:
            call = Played(server, short_call())
            call.wait_for(is_final)
            time.sleep(5)
            proxy.swallow = True
            gone = time.monotonic()
            said = call.wait_for(lambda event: event["type"] == "sotto.call.health" and event["data"]["captions"] != "live", 8) - gone
            events = call.ended()
            whole(server, events)
            assert said < 6, f"noticed after {said:.1f} s"


def test_a_wrong_key_is_not_tried_over_and_over():
    with AsrServer() as asr, Server(settings=settings(url(asr.port), key="wrong")) as server:
        events = Played(server, short_call()).ended()
        whole(server, events)
        log = server.log.read_text()
        assert 1 <= log.count("refused with 401") <= 4, log[-2000:]
        assert "wrong" not in log.replace("wrong-", ""), "the key is in the log"


def test_over_tls_with_an_authority_of_ones_own():
    folder = pathlib.Path(FOLDER.name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", folder / "tls.key", "-out", folder / "tls.crt"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with AsrServer() as asr:
        proxy = Proxy(asr.port, context)
        with Server(settings=settings(url(proxy.port, "wss"), more=f", authorities: {folder / 'tls.crt'}")) as server:
            events = Played(server, short_call(20)).ended()
            assert "another company" in " ".join(final["text"] for final in of_type(events, "utterance.final")).lower()
            assert not any(captions("degraded")(event) for event in events)
        with Server(settings=settings(url(proxy.port, "wss"))) as server:  # an authority that this machine does not know
            events = Played(server, short_call(20)).ended()
            assert any(captions("degraded")(event) for event in events)
            assert "no TLS with" in server.log.read_text()


def test_without_any_engine_the_page_says_so_and_the_words_come_later():
    port = free_port()
    with Server(settings=settings(url(port), use="[pool]")) as server:
        call = Played(server, short_call())
        began = time.monotonic()
        said = call.wait_for(captions("stopped"), 8) - began
        time.sleep(8)
        assert not any(is_final(event) for _, event in call.events)
        with AsrServer() as asr:
            proxy = Proxy(asr.port)
            proxy.listener.close()
            proxy.listener = socket.create_server(("127.0.0.1", port))
            threading.Thread(target=proxy._accept, daemon=True).start()
            whole(server, call.ended())
        assert said < 5, f"said {said:.1f} s after the start"


def test_wrong_settings_are_named_with_their_line():
    good = settings("ws://127.0.0.1:9/v1/listen")
    cases = [(good.replace("region: here\nrec", "region: there\nrec"), 'audio of region "there" must not go to pool'),
             (good.replace("[pool, local]", "[poool]"), '"poool" is neither'),
             (good.replace("ws://", "http://"), "is not ws://"),
             (good.replace("pace: 10", "pace: 0.5"), "pace must be 1 to 100"),
             (good.replace("pace: 10", "pase: 10"), ':3: a recogniser: unknown key "pase"'),
             (good.replace("key-", "nokey-"), "no key in the first line"),
             (good.replace("name: pool", "name: local"), "the one in this process")]
    for text, expected in cases:
        file = pathlib.Path(FOLDER.name) / "bad.yaml"
        file.write_text(text)
        done = subprocess.run([BIN, "serve", "--config", str(file), "--check-config"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 2 and expected in done.stderr, (expected, done.stderr)


def main() -> int:
    passed, failed = run_tests(globals(), wanted=sys.argv[1:])
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
