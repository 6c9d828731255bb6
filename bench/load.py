#!/usr/bin/env python3
"""The load generator, a process of its own: plays WAVs as live calls at real speed, open loop, and writes down when each event came.

Usage: load.py PORT CALLS REPEATS OUT WAV...     PORT: of the server, or GATEWAY,PAGES: of who takes calls and of who tells of them
                                                 OUT: one JSON object a call: {call, wav, t0, events: [[received, event], ...]}"""
import json
import pathlib
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))
from harness import Socket, packet, start_message  # noqa: E402

STEP = 160  # 20 ms at 8 kHz


class Address:
    def __init__(self, port):
        self.port = port


def tracks(wav):
    data = pathlib.Path(wav).read_bytes()
    body = data[data.index(b"data") + 8:]
    return body[0::2], body[1::2]


def ticket_for(port, call):
    """A process that has not heard of the call yet says that it is not live."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/tickets", method="POST", data=json.dumps({"call": call}).encode())
    deadline = time.monotonic() + 10
    while True:
        try:
            return json.loads(urllib.request.urlopen(request).read())["ticket"]
        except urllib.error.HTTPError as refused:
            if refused.code != 409 or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def follow(port, call, events):
    ticket = ticket_for(port, call)
    socket = Socket(Address(port), "/v1/subscribe")
    socket.tcp.settimeout(60)
    socket.send({"type": "subscribe", "ticket": ticket, "cursor": "0"})
    while (message := socket.receive()) is not None:
        now = time.time()
        events += [(now, event) for event in message.get("events", [])]


def main():
    ports = [int(port) for port in sys.argv[1].split(",")]
    gateway, pages = ports[0], ports[-1]
    calls, repeats, out = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    wavs = sys.argv[5:]
    audio = {wav: [track * repeats for track in tracks(wav)] for wav in wavs}
    sources = []
    for number in range(calls):
        wav = wavs[number % len(wavs)]
        call = f"load-{calls}-{number}"
        socket = Socket(Address(gateway), "/v1/ingest")
        socket.send(start_message(call))
        assert socket.receive()["type"] == "started"
        events = []
        follower = threading.Thread(target=follow, args=(pages, call, events), daemon=True)
        follower.start()
        reader = threading.Thread(target=lambda s=socket: [None for _ in iter(s.receive, None)], daemon=True)
        reader.start()
        # Staggered, so that turns do not fall together: a call every 1.3 s.
        sources.append({"call": call, "wav": wav, "socket": socket, "events": events, "follower": follower, "at": 0, "t0": time.time() + 1.0 + number * 1.3})
    active = list(sources)
    while active:
        now = time.time()
        for source in list(active):
            left, right = audio[source["wav"]]
            while source["at"] < len(left) and source["t0"] + (source["at"] + STEP) / 8000 <= now:
                at = source["at"]
                source["socket"].send(packet(0, at, left[at:at + STEP]))
                source["socket"].send(packet(1, at, right[at:at + STEP]))
                source["at"] += STEP
            if source["at"] >= len(left):
                source["socket"].send({"type": "end"})
                active.remove(source)
        time.sleep(0.004)
    for source in sources:
        source["follower"].join(30)
    with open(out, "w") as file:
        for source in sources:
            file.write(json.dumps({key: source[key] for key in ("call", "wav", "t0", "events")}) + "\n")


main()
