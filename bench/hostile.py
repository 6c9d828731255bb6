#!/usr/bin/env python3
"""What floods cost a server that carries calls: one JSON object a figure and flood. growth_mib: peak growth of the server without
its children; standstill_ms: the longest the loop stood still, by a request with the token every 10 ms; other_p99_ratio: lateness of another
tenant's finals and cues against quiet (the largest of n; n is too small for a p99). Counter-figures: done (what the flood did)
and events (finals and cues that came). Usage: hostile.py [FLOOD...]"""
import contextlib
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))
from harness import Server, Socket, packet, start_message  # noqa: E402
from http_test import TOKEN, many_sockets, request, resident_mib  # noqa: E402

SECONDS = 20
AUTH = f"Authorization: Bearer {TOKEN}\r\n"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def ticket(server, call):
    return json.loads(server.http("POST", "/v1/tickets", json.dumps({"call": call}), HEADERS)[1])["ticket"]


def follower(server, call):
    page = Socket(server, "/v1/subscribe")
    page.send({"type": "subscribe", "ticket": ticket(server, call)})
    return page


class Victim(threading.Thread):
    """A demo call of another tenant at real speed; how late each final and cue came after its last sample."""

    def __init__(self, server, call):
        super().__init__(daemon=True)
        wav = (ROOT / "build/demo/bank.wav").read_bytes()
        body = wav[wav.index(b"data") + 8:]
        self.tracks, self.server, self.call, self.late, self.stop = (body[0::2], body[1::2]), server, call, [], False
        self.source = Socket(server, "/v1/ingest", AUTH)
        self.source.send(start_message(call, tenant="bank"))
        assert self.source.receive()["type"] == "started"
        self.page = follower(server, call)

    def listen(self):
        while (message := self.page.receive()) is not None:
            for event in message.get("events", []):
                if event["type"] == "sotto.utterance.final":
                    self.late.append(time.monotonic() - self.began - event["data"]["end_ms"] / 1000)
                elif event["type"] == "sotto.cue.shown" and event["data"].get("because", {}).get("end_ms"):
                    self.late.append(time.monotonic() - self.began - event["data"]["because"]["end_ms"] / 1000)

    def run(self):
        self.began = time.monotonic()
        threading.Thread(target=self.listen, daemon=True).start()
        threading.Thread(target=lambda: [None for _ in iter(self.source.receive, None)], daemon=True).start()
        at = 0
        while not self.stop and at < len(self.tracks[0]):
            for track, samples in enumerate(self.tracks):
                self.source.send(packet(track, at, samples[at:at + 160]))
            at += 160
            time.sleep(max(0, self.began + at / 8000 - time.monotonic()))
        with contextlib.suppress(OSError):
            self.source.send({"type": "end"})


class Watch(threading.Thread):
    """Memory, and the loop by the cheapest answer there is, over one connection."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.stop, self.standstill, self.peak = server, False, 0.0, 0.0

    def run(self):
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        while not self.stop:
            began = time.monotonic()
            try:
                # With the token: a connection that has shown it keeps its place.
                link.request("GET", "/v1/ingest", headers=HEADERS)
                link.getresponse().read()
            except (OSError, http.client.HTTPException):
                link.close()
                continue
            self.standstill = max(self.standstill, time.monotonic() - began)
            self.peak = max(self.peak, resident_mib(self.server.process.pid))
            time.sleep(0.01)


def until(deadline):
    while time.monotonic() < deadline:
        yield


def flood_quiet(server, deadline):
    time.sleep(max(0, deadline - time.monotonic()))
    return 0


def flood_sockets(server, deadline):
    with many_sockets(server, 3000) as sockets:
        time.sleep(max(0, deadline - time.monotonic()))
        return len(sockets)


def flood_bodies(server, deadline):
    body = b"x" * (1024 * 1024 - 1)
    with many_sockets(server, 800, request(server, "POST", "/v1/tickets", [f"Content-Length: {len(body)}"]) + body) as sockets:
        time.sleep(max(0, deadline - time.monotonic()))
        return len(sockets)


def flood_asks(server, deadline):
    source = Socket(server, "/v1/ingest", AUTH)
    source.send(start_message("asked"))
    source.receive()
    done = 0
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for _ in until(deadline):
        link.request("POST", "/v1/calls/asked/ask", json.dumps({"question": f"what does it cost to move house number {done}?"}), HEADERS)
        link.getresponse().read()
        done += 1
    return done


def flood_pings(server, deadline):
    source = Socket(server, "/v1/ingest", AUTH)
    source.send(start_message("pinged"))
    source.receive()
    pages = [follower(server, "pinged") for _ in range(6)]
    done = 0
    for page in pages:
        page.tcp.settimeout(0.2)
    for _ in until(deadline):
        for page in pages:
            with contextlib.suppress(OSError):
                page.send({"type": "ping", "t": done})
                done += 1
    return done


def flood_pauses(server, deadline):
    done = 0
    while time.monotonic() < deadline:
        source = Socket(server, "/v1/ingest", AUTH)
        source.send(start_message(f"paused-{done}"))
        source.receive()
        with contextlib.suppress(OSError):
            for _ in until(deadline):
                source.send({"type": "pause", "sample": done})
                source.send({"type": "resume", "sample": done})
                done += 1
        source.close()
    return done


def flood_followers(server, deadline):
    source = Socket(server, "/v1/ingest", AUTH)
    source.send(start_message("followed"))
    source.receive()
    pages = []
    for _ in until(deadline):
        if len(pages) < 500:
            pages.append(follower(server, "followed"))
        else:
            time.sleep(0.1)
    return len(pages)


def article(kind):
    if kind == "md":
        return "# T\n\n" + "".join(f"## Heading {i}\n\nThe fee number {i} is {i} pounds.\n\n" for i in range(100_000))
    if kind == "html":
        return "<h1>T</h1><svg>" + "<td>" * 1_200_000
    return None


def flood_article(kind):
    def flood(server, deadline):
        place = server.knowledge / "bank" / f"zz.{kind}"
        if kind == "pdf":
            lines = "".join(f"BT /F1 8 Tf {20 + i % 5} {800 - i % 780} Td (word {i} of a page that never ends) Tj ET\n" for i in range(90_000))
            place.write_bytes(b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                              b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
                              b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n4 0 obj<</Length %d>>stream\n" % len(lines) + lines.encode() + b"endstream endobj\ntrailer<</Root 1 0 R>>\n")
        else:
            place.write_text(article(kind)[:5 * 1024 * 1024 - 10])
        time.sleep(max(0, deadline - time.monotonic()))
        place.unlink()
        return 1
    return flood


FLOODS = {"quiet": flood_quiet, "sockets": flood_sockets, "bodies": flood_bodies, "asks": flood_asks, "pings": flood_pings, "pauses": flood_pauses, "followers": flood_followers,
          "article_md": flood_article("md"), "article_html": flood_article("html"), "article_pdf": flood_article("pdf")}


def measure(name, flood):
    with tempfile.TemporaryDirectory() as folder:
        knowledge = pathlib.Path(folder) / "knowledge"
        subprocess.run(["cp", "-r", str(ROOT / "config/knowledge"), str(knowledge)], check=True)
        with Server(args=["--token", TOKEN], settings=f"knowledge: {knowledge}\n") as server:
            server.knowledge = knowledge
            victim = Victim(server, "victim")
            victim.start()
            time.sleep(8)  # the models' memory has grown to what a call needs
            before = resident_mib(server.process.pid)
            watch = Watch(server)
            watch.start()
            done = flood(server, time.monotonic() + SECONDS)
            time.sleep(2)
            watch.stop = victim.stop = True
            watch.join(5)
            late = sorted(victim.late)
            return {"growth_mib": round(max(0.0, watch.peak - before), 1), "standstill_ms": round(watch.standstill * 1000, 1), "late": late[-1] if late else 10.0, "events": len(late), "done": done}


def main():
    wanted = sys.argv[1:] or list(FLOODS)
    quiet = measure("quiet", FLOODS["quiet"])
    for name in wanted:
        figures = quiet if name == "quiet" else measure(name, FLOODS[name])
        common = {"bench": "hostile", "flood": name, "n": figures["events"], "done": figures["done"]}
        print(json.dumps({**common, "figure": "growth_mib", "value": figures["growth_mib"], "unit": "MiB"}), flush=True)
        print(json.dumps({**common, "figure": "standstill_ms", "value": figures["standstill_ms"], "unit": "ms"}), flush=True)
        print(json.dumps({**common, "figure": "other_p99_ratio", "value": round(figures["late"] / quiet["late"], 3), "unit": "ratio"}), flush=True)


if __name__ == "__main__":
    main()
