"""Calls of a cluster that are followed all the time, as a page does it, for benches that break something meanwhile: a source that
comes back to any gateway, a follower that comes back to any process of pages, and the account of what was lost between them.
Used by redis_gone.py and drain.py."""
import contextlib
import datetime
import http.client
import json
import pathlib
import sys
import threading
import time

from live import ROOT, trigger_rules

sys.path.insert(0, str(ROOT / "tests/system"))
import cluster_test  # noqa: E402
import cluster_kill  # noqa: E402
import crash  # noqa: E402
from harness import Socket, of_type, render  # noqa: E402

KINDS = {"sotto.utterance.final": "utterance", "sotto.cue.shown": "id"}  # what is accounted for, and the field that names it
WALL = time.time() - time.monotonic()  # what a monotonic time lacks to the time of day


class Follower(threading.Thread):
    """Follows a call until it is over: by a ticket of one of `pages`, and from its cursor on by another one when the socket ends
    before. `came`: (type, name) -> when it came first; `texts`: of the finals that were told as stored."""

    def __init__(self, pages, call):
        super().__init__(daemon=True)
        self.pages, self.call, self.cursor = pages, call, "0"
        self.came, self.texts = {}, {}
        self.cuts, self.over, self.stop = 0, False, False

    def run(self):
        at = 0
        while not self.over and not self.stop:
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
                self.follow(self.pages[at % len(self.pages)])
            at += 1
            time.sleep(0.05)

    def follow(self, server):
        status, answer = server.http("POST", "/v1/tickets", json.dumps({"call": self.call}))
        if status != 201:
            return self.read_if_over(server)
        socket = Socket(server, "/v1/subscribe")
        socket.send({"type": "subscribe", "ticket": json.loads(answer)["ticket"], "cursor": self.cursor})
        while (message := socket.receive()) is not None:
            self.take(message)
        self.cuts += not self.over
        socket.close()

    def read_if_over(self, server):
        """Nobody follows a call that is over: a page reads it. One that is not known here yet is waited for."""
        status, answer = server.http("GET", f"/v1/calls/{self.call}/events")
        events = json.loads(answer)["events"] if status == 200 else []
        if of_type(events, "guidance.done"):
            self.take({"type": "delta", "cursor": self.cursor, "events": events})

    def take(self, message):
        now = time.time()
        if message["type"] not in ("snapshot", "delta"):
            return
        self.cursor = message["cursor"]
        call = message.get("call", {})
        told = [("sotto.utterance.final", data) for data in call.get("utterances", [])]
        told += [("sotto.cue.shown", data) for data in call.get("cues", [])]
        for event in message.get("events", []):
            told.append((event["type"], event["data"]))
            if event["type"] == "sotto.utterance.final" and not event.get("unpersisted"):
                self.texts.setdefault(event["data"]["utterance"], event["data"]["text"])
            self.over = self.over or event["type"] == "sotto.guidance.done"
        for kind, data in told:
            if kind in KINDS:
                self.came.setdefault((kind, data[KINDS[kind]]), now)

    def finish(self, seconds=15):
        self.join(seconds)
        self.stop = True


class Source(crash.Source):
    """At the speed of speech; its follower is one for all its connections."""

    def __init__(self, cluster, call, samples):
        super().__init__(cluster.gateways, call, samples, pages=cluster.pages, speed=1.0)
        pages = [process for name, process in cluster.processes.items() if name.startswith("pages")]
        self.follower = Follower(pages, call)

    def run(self):
        self.follower.start()
        super().run()

    def follow(self):
        pass  # the follower does

    def spoken(self, final):
        """When the last word of a final was said, as a time of day."""
        return WALL + self.began + final["end_ms"] / 1000


def settings(folder):
    """A cue for each sentence that is said, and none is held back."""
    rules = pathlib.Path(folder) / "policies/demo"
    rules.mkdir(parents=True)
    sentences = cluster_test.TEXT.strip(".").split(". ")
    (rules / "words.yaml").write_text(trigger_rules([{"turns": [{"text": sentence} for sentence in sentences]}]))
    return f"policies: {folder}/policies\nknowledge: {folder}/knowledge\nattention_budget: false\n"


def audio(folder, seconds):
    """The sentences again and again, for at least so long."""
    wav = render(folder, [{"id": "followed", "voice": "slt", "text": cluster_test.TEXT}])[0]
    once = crash.read_mulaw(wav) + b"\xff" * 6400  # 0.8 s of silence ends the last sentence
    return once * (int(seconds * 8000 / len(once)) + 1)


def time_of(event):
    return datetime.datetime.fromisoformat(event["time"]).timestamp()


def new_counts():
    return {"lost": 0, "doubled": 0, "ended": 0, "cuts": 0, "utterances": 0, "cues": 0}


def account(cluster, source, counts):
    """Adds up what a call lost: words and cues that are not stored as they were told (cluster_kill.compare), and those that are
    stored and never came to its follower; and whether something else than its source ended it. Its finals and cues as stored."""
    source.follower.finish()
    source.seen = source.follower.texts
    cluster_kill.compare(cluster, source, counts)
    counts["cuts"] += source.follower.cuts
    events = cluster.events(source.call)
    reasons = [ended["reason"] for ended in of_type(events, "call.ended")]
    counts["ended"] += reasons != ["hangup"]
    stored = [event for event in events if event["type"] in KINDS]
    counts["lost"] += sum(came_at(source, event) is None for event in stored)
    return stored


def came_at(source, event):
    return source.follower.came.get((event["type"], event["data"][KINDS[event["type"]]]))
