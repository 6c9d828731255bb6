#!/usr/bin/env python3
"""asr-server: what `sotto asr` adds to recognition in the same process, 10 streams of one channel at real speed over loopback.

For every final that a pause ended, the client takes the time from the moment it sends the frame that made the pause certain until the
final's message is read. The server writes down (log level debug, no words) up to which sample the audio of that frame goes and how long the
engine itself took: from that audio handed to the engine until the engine posted the final, which is all that recognition in process takes.
The difference is what is added: sockets and frames both ways, decoding and resampling, the queue of the loop, JSON. Both are differences on
one clock each, so no two clocks are compared. The client's own delay (this script) counts as added: the figures are upper bounds.

STREAMS, LENGTH_S: 10 and 420 by default: fewer finals than 500 give no p99. The server runs in a process of its own, the client in this one."""
import json
import os
import pathlib
import re
import select
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/asr"))
sys.path.insert(0, str(ROOT / "bench"))
from asr_harness import AsrServer, Socket, demo_stereo  # noqa: E402
from live import DEMOS, NEVER_MS, percentile, print_figure  # noqa: E402

STREAMS, SECONDS = int(os.environ.get("STREAMS", "10")), int(os.environ.get("LENGTH_S", "420"))
FRAME = 160  # 20 ms
NOTED = re.compile(r"debug listen (\S+): final channel 0 to (\d+) by audio to (\d+) took (-?\d+) us")
QUERY = "/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000&interim_results=true"


class Stream:
    """One thread sends and reads all of them: threads would wait for one another."""

    def __init__(self, server, number):
        track = demo_stereo(DEMOS[number % len(DEMOS)])[number // len(DEMOS) % 2::2]
        self.audio = (track * (SECONDS * 8000 // len(track) + 1))[:SECONDS * 8000]
        self.socket = Socket(server, QUERY, server.header())
        assert self.socket.status == 101, self.socket.head
        self.id = re.search(r"(?im)^dg-request-id: (\S+)", self.socket.head).group(1)
        self.buffer = self.socket.buffer
        self.sent, self.finals, self.ended = [], [], False
        self.began = time.monotonic() + 0.5 + number * 0.137

    def send_due(self, now):
        while self.began is not None and now >= self.began + (len(self.sent) + 1) * FRAME / 8000:
            at = len(self.sent) * FRAME
            self.sent.append(time.monotonic())
            self.socket.send(self.audio[at:at + FRAME])
            if at + FRAME >= len(self.audio):
                self.socket.send({"type": "CloseStream"})
                self.began = None

    def read(self):
        piece = self.socket.tcp.recv(65536)
        now = time.monotonic()
        self.buffer += piece
        self.ended |= not piece
        while len(self.buffer) >= 2:
            length, head = self.buffer[1] & 0x7F, 2
            if length == 126:
                length, head = int.from_bytes(self.buffer[2:4], "big"), 4
            if length == 127 or len(self.buffer) < head + length:
                break
            opcode, data = self.buffer[0] & 0xF, self.buffer[head:head + length]
            self.buffer = self.buffer[head + length:]
            self.ended |= opcode == 8
            if opcode == 9:
                self.socket.send(data, 10)
            if opcode == 1 and b'"is_final":true,"speech_final":true' in data:
                self.finals.append((now, json.loads(data)))

    def added(self, noted):
        """Milliseconds for each final that the server noted."""
        heard = {round((message["start"] + message["duration"]) * 16000): now for now, message in self.finals}
        for to, by, took in noted:
            frame = (by + 2 * FRAME - 1) // (2 * FRAME) - 1  # 16 kHz samples -> the frame that held the last of them
            # The resampler holds some samples back: what the engine had came with the next frame at the latest.
            yield (heard[to] - self.sent[min(frame, len(self.sent) - 1)]) * 1000 - took / 1000 if to in heard else NEVER_MS


def play(server):
    streams = [Stream(server, number) for number in range(STREAMS)]
    deadline = time.monotonic() + SECONDS + 30
    while time.monotonic() < deadline and not all(stream.ended for stream in streams):
        readable, _, _ = select.select([stream.socket.tcp for stream in streams if not stream.ended], [], [], 0.002)
        for stream in streams:
            if stream.socket.tcp in readable:
                stream.read()
            stream.send_due(time.monotonic())
    return streams


def main():
    with AsrServer(settings="log_level: debug\n") as server:
        streams = play(server)
        noted = {}
        for request, to, by, took in NOTED.findall(server.log.read_text()):
            noted.setdefault(request, []).append((int(to), int(by), int(took)))
    added = [ms for stream in streams for ms in stream.added(noted.get(stream.id, []))]
    engine = [took / 1000 for notes in noted.values() for _, _, took in notes]
    same = {"streams": STREAMS, "never": sum(ms >= NEVER_MS for ms in added)}
    print_figure("asr-server", "engine_p50_ms", percentile(engine, 50), "ms", len(engine), **same)
    print_figure("asr-server", "p50_ms", percentile(added, 50), "ms", len(added), floor=15, aim=5, **same)
    if len(added) >= 500:
        print_figure("asr-server", "p99_ms", percentile(added, 99), "ms", len(added), floor=60, aim=25, **same)
    else:
        print_figure("asr-server", "p95_ms", percentile(added, 95), "ms", len(added), **same)


main()
