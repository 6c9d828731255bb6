#!/usr/bin/env python3
"""A call through processes of its own for each role, over PostgreSQL and Redis, while they are killed."""
import contextlib
import json
import pathlib
import signal
import sys
import tempfile
import time

import crash
import stores
from harness import BIN, Server, Socket, closing_line, of_type, packet, render, run_tests, start_message

TEXT = ("The garden is full of flowers in the spring. My brother works in a small bakery. I am thinking of leaving you, the price is too high. "
        "I want to cancel my contract. The old clock on the wall stopped at noon. There is fresh bread on the kitchen table.")
ROLES = {"gateway_a": "gateway", "gateway_b": "gateway", "guide_a": "orchestrator", "guide_b": "orchestrator", "pages": "delivery,api",
         "pages_b": "delivery,api", "webhooks": "webhooks"}
NAMES = ["gateway_a", "gateway_b", "guide_a", "guide_b", "pages"]  # those that the tests start


class Cluster:
    """Every process by its name; each may be killed and started again. `settings`: of all of them, beside those of the store and the bus."""

    def __init__(self, shared, names=NAMES, settings=""):
        self.shared = shared
        self.processes = {name: Server(args=["--role", ROLES[name]], settings=settings, store=shared.settings) for name in names}

    def __getattr__(self, name):
        return self.processes[name]

    @property
    def gateways(self):
        return [process for name, process in self.processes.items() if name.startswith("gateway")]

    def __enter__(self):
        try:
            for process in self.processes.values():
                process.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.__exit__()

    def logs(self):
        return "\n".join(f"--- {name}\n{process.log.read_text()[-2000:]}" for name, process in self.processes.items())

    def wait(self, wanted, seconds=30, what=""):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if found := wanted():
                    return found
            time.sleep(0.1)
        raise AssertionError(f"{what or 'it'} does not come within {seconds} s\n{self.logs()}")

    def events(self, call):
        status, text = self.pages.http("GET", f"/v1/calls/{call}/events")
        return json.loads(text)["events"] if status == 200 else []

    def finished(self, call):
        return self.wait(lambda: (events := self.events(call)) and of_type(events, "guidance.done") and events, what=f"the end of {call}")


def page(server, call):
    status, answer = server.http("POST", "/v1/tickets", json.dumps({"call": call}))
    assert status == 201, (status, answer)
    socket = Socket(server, "/v1/subscribe")
    socket.send({"type": "subscribe", "ticket": json.loads(answer)["ticket"]})
    return socket


def whole(events, samples):
    """Every sample has become words, silence or a gap, once."""
    finals = of_type(events, "utterance.final")
    assert len({final["utterance"] for final in finals}) == len(finals), "an utterance twice"
    for one, after in zip(finals, finals[1:]):
        assert one["to"] <= after["from"], (one, after)
    numbers = [event["number"] if "number" in event else None for event in events]
    assert numbers == sorted(numbers), numbers
    cues = [cue["id"] for cue in of_type(events, "cue.shown")]
    assert len(set(cues)) == len(cues), cues
    return finals


def play(cluster, call, audio, meanwhile=None):
    source = crash.Source(cluster.gateways, call, audio, pages=cluster.pages)
    source.start()
    if meanwhile:
        cluster.wait(lambda: source.committed > 0, what="the first words")
        meanwhile()
    source.join(90)
    assert source.ended, f"{source.failure or 'it did not end'}\n{cluster.logs()}"
    events = cluster.finished(call)
    finals = whole(events, audio)
    stored = {final["utterance"]: final["text"] for final in finals}
    for utterance, text in source.seen.items():
        assert stored.get(utterance) == text, (utterance, text, stored)
    ledger = cluster.pages.json(f"/v1/calls/{call}/coverage")["tracks"]["customer"]
    assert ledger["rows"][-1]["to"] == len(audio), ledger
    lost = [row for row in ledger["rows"] if row["coverage"] in ("pending", "gap") and row.get("reason") != "no_words"]
    assert not lost, lost
    return source, events


def test_a_call_goes_through_processes_of_its_own_for_each_role(cluster, audio):
    source, events = play(cluster, "plain", audio)
    assert source.seen, "its page heard of it"
    assert of_type(events, "cue.shown"), [event["type"] for event in events]
    listed = cluster.pages.json("/v1/calls")["calls"]
    assert [call["call"] for call in listed if call["call"] == "plain"], listed


def test_a_page_pauses_a_call_that_another_process_carries(cluster, audio):
    socket = Socket(cluster.gateway_a, "/v1/ingest")
    socket.send(start_message("paused", tracks=["customer"]))
    assert socket.until(lambda message: message["type"] == "started")
    socket.send(packet(0, 0, audio[:8000]))
    cluster.wait(lambda: cluster.pages.http("POST", "/v1/tickets", '{"call": "paused"}')[0] == 201, what="the call")
    status, text = cluster.pages.http("POST", "/v1/calls/paused/pause", "{}")
    assert status in (200, 204), (status, text)
    assert socket.until(lambda message: message["type"] == "paused"), "its source is told"
    status, text = cluster.pages.http("POST", "/v1/calls/nobody/pause", "{}")
    assert status in (404, 409), (status, text)
    socket.send({"type": "end"})
    assert socket.until(lambda message: message["type"] == "ended")
    cluster.finished("paused")


def test_a_page_names_what_a_call_in_another_process_is_to_expect(cluster, _):
    with tempfile.TemporaryDirectory() as folder:
        wav = render(folder, [{"id": "named", "voice": "slt", "text": "I am calling about my Zephyrion plan."}])[0]
        named = crash.read_mulaw(wav)
    socket = Socket(cluster.gateway_a, "/v1/ingest")
    socket.send(start_message("named", tracks=["customer"]))
    assert socket.until(lambda message: message["type"] == "started")
    expect = "/v1/calls/named/expect"
    cluster.wait(lambda: cluster.pages.http("POST", expect, '{"terms": ["Zephyrion"]}')[0] == 200, what="the call")
    status, text = cluster.pages.http("POST", expect, '{"terms": "Zephyrion"}')
    assert status == 400 and "terms" in text, (status, text)
    assert cluster.pages.http("POST", "/v1/calls/nobody/expect", '{"terms": []}')[0] == 409
    for at in range(0, len(named), 160):
        socket.send(packet(0, at, named[at:at + 160]))
    socket.send({"type": "end"})
    assert socket.until(lambda message: message["type"] == "ended")
    heard = " ".join(final["text"] for final in of_type(cluster.finished("named"), "utterance.final"))
    assert "Zephyrion" in heard, heard


def test_a_killed_gateway_loses_nothing_and_another_goes_on(cluster, audio):
    def kill():
        carrier, log = cluster.gateways[1], cluster.gateways[0].log  # the first that a source tries, and the other's
        before = len(log.read_text())
        carrier.stop(signal.SIGKILL)
        # It takes the call over when the source comes, or when it sees that nobody renews its lease: whichever is first.
        taken = lambda said: "call kill-gateway: goes on here" in said or "calls of another server are carried here" in said
        cluster.wait(lambda: taken(log.read_text()[before:]), what="the other gateway")
        carrier.start()
    play(cluster, "kill-gateway", audio, kill)


def test_a_source_that_comes_back_to_another_gateway_is_taken_over(cluster, audio):
    first = Socket(cluster.gateway_a, "/v1/ingest")
    first.send(start_message("moves", tracks=["customer"]))
    token = first.until(lambda message: message["type"] == "started")["resume"]
    for at in range(0, 24000, 800):
        first.send(packet(0, at, audio[at:at + 800]))
    wrong = Socket(cluster.gateway_b, "/v1/ingest")
    wrong.send(start_message("moves", tracks=["customer"], resume="not-the-token"))
    refused = wrong.until(lambda message: message["type"] == "error")
    assert refused["code"] == "wrong_token", refused
    second = Socket(cluster.gateway_b, "/v1/ingest")
    second.send(start_message("moves", tracks=["customer"], resume=token))
    started = second.until(lambda message: message["type"] in ("started", "error"))
    assert started["type"] == "started", started
    assert first.until(lambda message: message.get("code") == "replaced"), "the first is told"
    at = started["tracks"][0]["received"]
    for at in range(at, len(audio), 800):
        second.send(packet(0, at, audio[at:at + 800]))
    second.send({"type": "end"})
    assert second.until(lambda message: message["type"] == "ended", 60)
    whole(cluster.finished("moves"), audio)


def test_a_call_whose_gateway_and_source_are_gone_is_ended_by_another(cluster, audio):
    source = Socket(cluster.gateway_a, "/v1/ingest")
    source.send(start_message("orphan", tracks=["customer"]))
    assert source.until(lambda message: message["type"] == "started")
    cluster.gateway_a.stop(signal.SIGKILL)
    source.close()
    cluster.wait(lambda: "of another server are carried here" in cluster.gateway_b.log.read_text(), what="another gateway")
    cluster.gateway_a.start()
    ended = cluster.wait(lambda: of_type(cluster.events("orphan"), "call.ended"), 60, "the end")
    assert ended[0]["reason"] == "lost", ended


def test_a_killed_orchestrator_is_replaced_and_no_cue_is_told_twice(cluster, audio):
    def kill():
        for guide in (cluster.guide_a, cluster.guide_b):
            guide.stop(signal.SIGKILL)
            time.sleep(0.5)
            guide.start()
    _, events = play(cluster, "kill-guide", audio, kill)
    assert of_type(events, "cue.shown"), [event["type"] for event in events]


def test_killed_pages_come_back_with_everything(cluster, audio):
    def kill():
        cluster.pages.stop(signal.SIGKILL)
        cluster.pages.start()
        socket = page(cluster.pages, "kill-pages")
        assert socket.until(lambda message: message["type"] == "snapshot"), "the whole call"
        socket.close()
    play(cluster, "kill-pages", audio, kill)


def test_a_redis_that_is_gone_and_comes_back_empty_costs_nothing(cluster, audio):
    def kill():
        cluster.shared.redis.kill()
        time.sleep(3)
        said = cluster.pages.http("GET", "/readyz")
        assert said[0] == 200 and "come late" in said[1], said
        cluster.shared.redis.start()
    _, events = play(cluster, "no-redis", audio, kill)
    assert of_type(events, "cue.shown"), [event["type"] for event in events]


def test_a_call_that_begins_while_redis_is_away_is_guided_and_followed(cluster, audio):
    cluster.shared.redis.kill()
    try:
        cluster.wait(lambda: "come late" in cluster.pages.http("GET", "/readyz")[1], what="the loss of Redis")
        source = crash.Source(cluster.gateways, "begun-alone", audio, pages=cluster.pages, speed=1)
        source.start()
        asked = json.dumps({"call": "begun-alone"})
        cluster.wait(lambda: cluster.pages.http("POST", "/v1/tickets", asked)[0] == 201, what="a ticket")
        follower, told = page(cluster.pages, "begun-alone"), []
        deadline = time.monotonic() + 60
        while not of_type(told, "cue.shown") and time.monotonic() < deadline:
            message = follower.receive()
            assert message, (follower.close_code, follower.close_reason)
            if message["type"] == "beat":
                assert message["cut_off"], "its page says that words come late"
            told += message.get("events", [])
        assert of_type(told, "utterance.final") and of_type(told, "cue.shown"), [event["type"] for event in told]
    finally:
        cluster.shared.redis.start()
    # What was away is back: the call's own beat is heard again.
    assert follower.until(lambda message: message["type"] == "beat" and "cut_off" not in message)
    source.join(90)
    assert source.ended, f"{source.failure or 'it did not end'}\n{cluster.logs()}"
    whole(cluster.finished("begun-alone"), audio)


def test_a_postgresql_that_is_gone_for_a_while_costs_nothing(cluster, audio):
    def kill():
        cluster.shared.postgresql.stop("immediate")
        time.sleep(4)
        cluster.shared.postgresql.start()
    _, events = play(cluster, "no-postgresql", audio, kill)
    assert of_type(events, "cue.shown"), [event["type"] for event in events]


def test_gateways_that_restart_in_turn_end_no_call(cluster, audio):
    sources = [crash.Source(cluster.gateways, f"in-turn-{number}", audio, pages=cluster.pages, speed=1) for number in range(4)]
    for source in sources:
        source.start()
    cluster.wait(lambda: all(source.committed > 0 for source in sources), what="the first words")
    for _ in range(3):  # each takes over what the other had, and has calls of its own again as soon as it runs
        for gateway in cluster.gateways:
            gateway.stop(signal.SIGTERM)
            gateway.start()
    for source in sources:
        source.join(90)
        assert source.ended, f"{source.failure or 'it did not end'}\n{cluster.logs()}"
        whole(cluster.finished(source.call), audio)


def test_a_restart_of_every_role_ends_no_call(cluster, audio):
    def restart():
        for process in cluster.processes.values():
            process.stop(signal.SIGTERM)
            process.start()
    play(cluster, "rolling", audio, restart)


def main():
    with tempfile.TemporaryDirectory() as folder:
        wav = render(folder, [{"id": "cluster", "voice": "slt", "text": TEXT}])[0]
        audio = crash.read_mulaw(wav)
        with stores.Shared(BIN) as shared, Cluster(shared) as cluster:
            passed, failed = run_tests(globals(), cluster, audio, wanted=sys.argv[1:])
            if failed:
                print(cluster.logs())
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
