"""One call whose audio says in every 20 ms which 20 ms it is (tests/recovery/frame_code.h), and the oracle: what was said against the finals and the
ledger that the server stored."""
import array
import random
import sys
import threading
import time
from datetime import datetime

from fault_proxy import ROOT

sys.path.insert(0, str(ROOT / "tests/system"))
from harness import Socket, packet, start_message  # noqa: E402

FRAME_MS, FRAME_SAMPLES, FRAMES_A_PACKET = 20, 320, 5
NUMBERS, STEP, BASE = 6000, 4, 2000
TRACKS = ("customer", "agent")
SIGN = {"customer": -1, "agent": 1}
SILENCE = bytes(2 * FRAME_SAMPLES)


def frame_bytes(track: str, frame: int) -> bytes:
    level = SIGN[track] * (BASE + frame % NUMBERS) * STEP
    return array.array("h", [level]).tobytes() * FRAME_SAMPLES


def frame_of(track: str, word: str, start_ms: int) -> int | None:
    """The frame that a word names, which begins nearest to `start_ms`; None: no word of this track."""
    if not word.startswith(track[0]) or not word[1:].isdigit() or int(word[1:]) >= NUMBERS:
        return None
    number = int(word[1:])
    return number + round((start_ms // FRAME_MS - number) / NUMBERS) * NUMBERS


class FrameCall(threading.Thread):
    """Sends in real time until hang_up(); both people talk by chance."""

    def __init__(self, server, name: str, tenant: str, seed: int):
        super().__init__(daemon=True)
        self.server, self.name, self.tenant = server, name, tenant
        self.chance = random.Random(seed)
        self.voiced = {track: [] for track in TRACKS}  # by frame
        self.until = dict.fromkeys(TRACKS, 0)  # frame where talk or silence ends
        self.talking = dict.fromkeys(TRACKS, False)
        self.began = 0.0  # wall time of the first sample
        self.hanging_up, self.started = threading.Event(), threading.Event()
        self.reason, self.failure = "", ""

    def hang_up(self, seconds=150):
        self.hanging_up.set()
        self.join(seconds)
        if not self.reason and not self.failure:
            self.failure = f"did not end within {seconds} s"

    def run(self):
        try:
            self._carry()
        except Exception as failure:  # told by judge(), with everything else that is wrong
            self.failure = f"{type(failure).__name__}: {failure}"
        self.started.set()

    def _carry(self):
        socket = Socket(self.server, "/v1/ingest")
        socket.send(start_message(self.name, tenant=self.tenant, coding="pcm_s16le", rate=16000))
        answer = socket.receive()
        if not answer or answer["type"] != "started":
            raise RuntimeError(f"not started: {answer}")
        reader = threading.Thread(target=self._read, args=(socket,), daemon=True)
        reader.start()
        self.began = time.time()
        begun, frame = time.monotonic(), 0
        self.started.set()
        while not self.hanging_up.is_set():
            for index, track in enumerate(TRACKS):
                samples = b"".join(self._say(track, frame + offset) for offset in range(FRAMES_A_PACKET))
                socket.send(packet(index, frame * FRAME_SAMPLES, samples))
            frame += FRAMES_A_PACKET
            time.sleep(max(0, begun + frame * FRAME_MS / 1000 - time.monotonic()))
        socket.send({"type": "end"})
        socket.tcp.settimeout(120)
        reader.join(140)
        socket.close()

    def _say(self, track, frame) -> bytes:
        if frame >= self.until[track]:
            self.talking[track] = not self.talking[track]
            self.until[track] = frame + (self.chance.randint(10, 500) if self.talking[track] else self.chance.randint(5, 150))
        self.voiced[track].append(self.talking[track])
        return frame_bytes(track, frame) if self.talking[track] else SILENCE

    def _read(self, socket):
        while (message := socket.receive()) is not None:
            if message["type"] == "ended":
                self.reason = message["reason"]
            elif message["type"] == "error":
                self.failure = message["message"]

    # --- the oracle ---

    def judge(self) -> dict:
        verdict = {"voiced_ms": 0, "missing_ms": 0, "doubled_ms": 0, "gap_ms": 0, "slowest_s": 0.0, "complaints": []}
        complain = verdict["complaints"].append
        if self.failure or self.reason != "hangup":
            complain(f"the call ended with {self.reason or 'nothing'} {self.failure}")
        try:
            events = self.server.events(self.name)
            tracks = self.server.json(f"/v1/calls/{self.name}/coverage")["tracks"]
        except (OSError, KeyError, ValueError) as failure:
            complain(f"no events, no coverage: {failure!r}")
            events, tracks = [], {}
        for track in TRACKS:
            rows = tracks.get(track, {}).get("rows", [])
            self._judge_rows(track, rows, complain)
            self._judge_words(track, events, rows, verdict)
        return verdict

    def _judge_rows(self, track, rows, complain):
        at = 0
        for row in rows:
            if row["from"] != at:
                complain(f'{track}: the ledger goes on at {row["from"]} after {at}')
            if row["coverage"] in ("pending", "gap"):
                complain(f'{track}: {row["coverage"]} {row.get("reason", "")} at {row["start_ms"]}-{row["end_ms"]} ms')
            at = row["to"]
        if at != len(self.voiced[track]) * FRAME_SAMPLES:
            complain(f"{track}: the ledger ends at {at}, received {len(self.voiced[track]) * FRAME_SAMPLES}")

    def _judge_words(self, track, events, rows, verdict):
        voiced, complain = self.voiced[track], verdict["complaints"].append
        told, before = [0] * len(voiced), -1
        for event in events:
            said = event["data"]
            if event["type"] != "sotto.utterance.final" or said["track"] != track:
                continue
            late = datetime.fromisoformat(event["time"]).timestamp() - self.began - said["words"][-1]["end_ms"] / 1000
            verdict["slowest_s"] = max(verdict["slowest_s"], late)
            for word in said["words"]:
                frame = frame_of(track, word["text"], word["start_ms"])
                if frame is None or not 0 <= frame < len(voiced) or not voiced[frame]:
                    verdict["doubled_ms"] += FRAME_MS
                    complain(f'{track}: {word["text"]} at {word["start_ms"]} ms was never said')
                    continue
                told[frame] += 1
                if frame <= before:
                    complain(f'{track}: {word["text"]} at {word["start_ms"]} ms is out of order')
                before = frame
                if word["start_ms"] < frame * FRAME_MS or word["end_ms"] > (frame + 1) * FRAME_MS:
                    complain(f'{track}: {word["text"]} stands at {word["start_ms"]}-{word["end_ms"]} ms, was said at {frame * FRAME_MS}')
        gaps = [(row["from"], row["to"]) for row in rows if row["coverage"] == "gap"]
        for frame, voice in enumerate(voiced):
            if not voice:
                continue
            verdict["voiced_ms"] += FRAME_MS
            if told[frame] > 1:
                verdict["doubled_ms"] += (told[frame] - 1) * FRAME_MS
                complain(f"{track}: frame {frame} was told {told[frame]} times")
            elif told[frame] == 0:
                middle = frame * FRAME_SAMPLES + FRAME_SAMPLES // 2
                explicit = any(begin <= middle < end for begin, end in gaps)
                verdict["gap_ms" if explicit else "missing_ms"] += FRAME_MS
                complain(f"{track}: frame {frame} is {'in a gap' if explicit else 'missing'}")
