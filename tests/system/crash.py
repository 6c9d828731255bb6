"""kill -9 of the real server at random times with two calls running; what was acknowledged must be there afterwards, nothing twice.

Each source keeps everything, resumes with its token after every crash and sends again from `received`; a follower of each call notes the finals it saw
without `unpersisted`. In the end the store's events and ledger are compared with what was acknowledged and seen."""
import json
import random
import signal
import threading
import time

from harness import Server, Socket, start_message, packet

SPEED = 4.0
STEP = 160


class Source(threading.Thread):
    """`gateways`: those that take the call, tried in turn; `pages`: who tells of it; `speed`: seconds of audio a second."""

    def __init__(self, gateways, call, samples, pages=None, speed=SPEED):
        super().__init__(daemon=True)
        self.gateways, self.at, self.call, self.samples = gateways, 0, call, samples
        self.pages, self.speed = pages or gateways[0], speed
        self.token, self.sent, self.committed, self.began = "", 0, 0, None
        self.ended, self.failure = False, ""
        self.seen, self.followed = {}, False  # utterance n -> text

    def run(self):
        while not self.ended and not self.failure:
            try:
                self.carry()
            except (OSError, EOFError):
                time.sleep(0.05)

    def carry(self):
        self.at += 1
        socket = Socket(self.gateways[self.at % len(self.gateways)], "/v1/ingest")
        socket.send(start_message(self.call, tracks=["customer"], speed=self.speed, **({"resume": self.token} if self.token else {})))
        started = socket.receive()
        if started is None:
            raise EOFError
        if started["type"] == "error":
            if started["code"] == "call_ended":
                self.ended = True
            else:
                self.failure = started["message"]
            return
        self.token = started["resume"]
        self.note(started)
        self.began = self.began or time.monotonic()
        at = started["tracks"][0]["received"]
        if not self.followed:
            self.followed = True
            threading.Thread(target=self.follow, daemon=True).start()
        reader = threading.Thread(target=self.read, args=(socket,), daemon=True)
        reader.start()
        while at < len(self.samples) and reader.is_alive():
            if at >= self.sent:  # new audio leaves when it is spoken
                wait = self.began + at / (8000 * self.speed) - time.monotonic()
                time.sleep(max(0, min(wait, 0.2)))
                if wait > 0.2:
                    continue
            socket.send(packet(0, at, self.samples[at:at + STEP]))
            at += STEP
            self.sent = max(self.sent, at)
        if reader.is_alive():
            socket.send({"type": "end"})
        reader.join(30)
        socket.close()

    def read(self, socket):
        while (message := socket.receive()) is not None:
            self.note(message)
            if message["type"] == "ended":
                self.ended = True

    def note(self, message):
        for track in message.get("tracks", []):
            self.committed = max(self.committed, track["committed"])

    def follow(self):
        while not self.ended and not self.failure:
            try:
                self.watch()
            except (OSError, ValueError):
                pass  # cut off in the middle of a message
            time.sleep(0.05)

    def watch(self):
        status, answer = self.pages.http("POST", "/v1/tickets", json.dumps({"call": self.call}))
        if status != 201:
            return
        socket = Socket(self.pages, "/v1/subscribe")
        socket.send({"type": "subscribe", "ticket": json.loads(answer)["ticket"]})
        while (message := socket.receive()) is not None:
            finals = message.get("call", {}).get("utterances", [])
            finals += [e["data"] for e in message.get("events", []) if e["type"] == "sotto.utterance.final" and not e.get("unpersisted")]
            for final in finals:
                if not final.get("unpersisted"):
                    self.seen[final["utterance"]] = final["text"]


def read_mulaw(path) -> bytes:
    data = open(path, "rb").read()
    at = data.index(b"data") + 8
    return data[at:]


def one_round(chance, audio) -> dict:
    with Server() as server:
        sources = [Source([server], f"crash-{i}", audio) for i in range(2)]
        for source in sources:
            source.start()
        unfinished = 0
        for _ in range(chance.randint(1, 3)):
            time.sleep(chance.uniform(0.2, 1.5))
            unfinished += any(not source.ended and source.sent > source.committed for source in sources)
            server.stop(signal.SIGKILL)
            server.start()
        for source in sources:
            source.join(60)
        lost = doubled = 0
        trouble = [source.failure or "did not end" for source in sources if not source.ended]
        for source in sources:
            if not source.ended:
                lost += 1
                continue
            finals = [e["data"] for e in server.events(source.call) if e["type"] == "sotto.utterance.final"]
            by_number = {final["utterance"]: final["text"] for final in finals}
            doubled += len(finals) - len(by_number)
            doubled += sum(a["to"] > b["from"] for a, b in zip(finals, finals[1:]))
            lost += sum(by_number.get(n) != text for n, text in source.seen.items())
            ledger = server.json(f"/v1/calls/{source.call}/coverage")["tracks"]["customer"]
            lost += sum(row["from"] < source.committed and row["coverage"] in ("pending", "gap") and row.get("reason") != "no_words" for row in ledger["rows"])
            lost += ledger["rows"][-1]["to"] < len(source.samples)
        return {"lost": lost, "doubled": doubled, "unfinished": unfinished, "trouble": trouble}


def run(rounds: int, wav, seed: int, report=print) -> dict:
    chance = random.Random(seed)
    audio = read_mulaw(wav)
    total = {"rounds": 0, "lost": 0, "doubled": 0, "hit_unfinished": 0}
    for number in range(rounds):
        result = one_round(chance, audio)
        total["rounds"] += 1
        total["lost"] += result["lost"]
        total["doubled"] += result["doubled"]
        total["hit_unfinished"] += result["unfinished"] > 0
        report(f"round {number + 1} of {rounds}, seed {seed}: {result}")
    return total
