#!/usr/bin/env python3
"""The real program as its users meet it: a call from a file, bad input, privacy, limits, a disk that is full, a restart."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import stores
from harness import BIN, ROOT, Server, Skip, Socket, needs_one_process, of_type, packet, render, run_with_audio, start_message

CANARY = "purple elephants juggle seven bananas"
SENTENCES = ["The garden is full of flowers in the spring.", "My brother works in a small bakery.", "We took the early train to the coast.",
             "The old clock on the wall stopped at noon.", "There is fresh bread on the kitchen table."]


def sotto(*args, timeout=60):
    return subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=timeout)


# --- a call ---

def test_a_paraphrase_in_a_voice_of_its_own_fires_the_cancel_policy(server, audio):
    code, events, trouble = server.call(audio["cancel"], "--speaker", "customer", "--speed", "2", "--id", "paraphrase")
    assert code == 0, trouble
    cues = of_type(events, "cue.shown")
    assert [cue["policy"] for cue in cues] == ["cancel.retention"], cues
    assert cues[0]["because"]["speaker"] == "customer" and cues[0]["source"]["passage"]
    assert of_type(events, "call.ended")[0]["reason"] == "hangup"
    passing = ("sotto.hypothesis.partial", "sotto.cue.expected")  # told, and never stored
    assert all((event["number"] == 0) == (event["type"] in passing) for event in events)
    numbers = [event["number"] for event in events if event["type"] not in passing]
    assert numbers == list(range(1, len(numbers) + 1)), "every event once, in order"
    assert [event["number"] for event in server.events("paraphrase")] == numbers


def test_explain_says_what_fired_on_the_words_and_why_others_did_not(server, audio):
    _, events, _ = server.call(audio["cancel"], "--speaker", "customer", "--speed", "2", "--id", "explained")
    shown = of_type(events, "cue.shown")[0]
    said = next(event for event in of_type(events, "utterance.final") if shown["because"]["utterance"].endswith(f'-{event["utterance"]}'))
    told = sotto("policy", "explain", "explained", "--at", str(said["start_ms"] / 1000 + 0.1), "--server", f"http://127.0.0.1:{server.port}")
    assert told.returncode == 0, told.stderr
    fired = [line for line in told.stdout.splitlines() if line.startswith("FIRES")]
    assert any(shown["policy"] in line for line in fired), told.stdout
    assert any(line.startswith("  -  ") and "its words were not said" in line for line in told.stdout.splitlines()), told.stdout
    assert "What the call shows from here" in told.stdout and shown["headline"] in told.stdout
    again = sotto("policy", "explain", "explained", "--at", "soon", "--server", f"http://127.0.0.1:{server.port}")
    assert again.returncode == 1 and "MIN:SEC" in again.stderr


def test_small_talk_brings_no_cue(server, audio):
    _, events, _ = server.call(audio["offtopic"], "--speaker", "customer", "--speed", "2", "--id", "offtopic")
    assert of_type(events, "utterance.final")
    assert not of_type(events, "cue.shown"), of_type(events, "cue.shown")


def test_the_ledger_covers_everything_received(server, audio):
    coverage = server.json("/v1/calls/paraphrase/coverage")["tracks"]["customer"]
    at = 0
    for row in coverage["rows"]:
        assert row["from"] == at and row["coverage"] != "pending"
        at = row["to"]
    assert coverage["pending_ms"] == 0 and at > 0


def test_no_word_of_a_call_is_in_the_log_and_no_audio_on_disk(server, audio):
    _, events, _ = server.call(audio["canary"], "--speaker", "customer", "--speed", "2", "--id", "canary")
    said = " ".join(final["text"] for final in of_type(events, "utterance.final")).lower()
    assert "elephants" in said or "bananas" in said, said
    log = server.log.read_text().lower()
    assert not [word for word in CANARY.split() if word in log]
    assert "canary" not in log or "call canary" in log
    kept = [path for path in pathlib.Path(server.data).rglob("*") if path.is_file()]
    known = r"(sotto\.db|versions\.db)(-\w+)?|lock|keys|master\.key|\d{4}-\d\d\.jsonl|as_processes\.json"
    assert kept and all(re.fullmatch(known, path.name) for path in kept), kept
    written = b"".join(path.read_bytes() for path in kept).lower()
    assert not [word for word in CANARY.split() if len(word) > 5 and word.encode() in written], "texts are sealed"
    assert any(word in json.dumps(server.events("canary")).lower() for word in CANARY.split()), "and can be read"


def test_a_pause_from_the_command_line_is_not_heard(server, audio):
    _, events, _ = server.call(audio["cancel"], "--speaker", "customer", "--speed", "2", "--id", "paused", "--pause", "0-2.5")
    assert of_type(events, "call.paused") and of_type(events, "call.resumed")
    assert server.json("/v1/calls/paused/coverage")["tracks"]["customer"]["pause_ms"] >= 2400


# --- bad input on the command line ---

def test_missing_weights_and_a_used_folder_are_said(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "c.yaml"
        config.write_text(f"models: {folder}/nothing\n")
        done = sotto("serve", "--data", f"{folder}/d", "--listen", "127.0.0.1:0", "--config", config)
        assert done.returncode == 1 and "make setup" in done.stderr, done.stderr
    needs_one_process("a folder that one process holds")
    done = sotto("serve", "--data", server.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "in use by another sotto" in done.stderr


def test_settings_are_checked(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "c.yaml"
        config.write_text("listen: 127.0.0.1:8701\nliston: 1\nrecogniser_threads: many\n")
        done = sotto("serve", "--config", config, "--check-config")
        assert done.returncode == 2 and f"{config}:2: unknown setting" in done.stderr and f"{config}:3:" in done.stderr
    assert sotto("serve", "--listen", "0.0.0.0:8701", "--check-config").returncode == 2
    assert sotto("serve", "--listen", "0.0.0.0:8701", "--token", "a-token-of-twenty-letters", "--check-config").returncode == 0
    assert '"(set)"' in sotto("serve", "--token", "x", "--print-config").stdout
    for command in ("serve", "call", "calls", "events", "transcribe", "policy"):
        assert sotto(command, "--help").returncode == 0


# --- bad senders ---

def refused(server, first, code):
    socket = Socket(server, "/v1/ingest")
    socket.send(first)
    answer = socket.until(lambda m: m["type"] == "error")
    assert answer and answer["code"] == code and answer["fatal"], answer
    assert socket.receive() is None and socket.close_code == 1008


def test_every_bad_start_has_its_answer(server, audio):
    refused(server, "{", "bad_json")
    refused(server, {"type": "begin"}, "unknown_type")
    refused(server, {"type": "start"}, "missing_field")
    refused(server, start_message("a\u0007b"), "bad_field")
    refused(server, start_message("x", rate=40000), "bad_rate")
    refused(server, start_message("x", rate=16000), "bad_rate")
    refused(server, start_message("x", coding="opus"), "bad_coding")
    refused(server, start_message("x", tracks=["customer", "customer"]), "bad_field")
    refused(server, start_message("x", tracks=["mixed", "agent"]), "bad_field")
    refused(server, start_message("x", speed=0), "bad_field")
    refused(server, start_message("paraphrase"), "call_exists")
    refused(server, start_message("nobody", resume="abc"), "no_such_call")
    refused(server, packet(0, 0, b"x" * 160), "no_start")


def test_bad_packets_are_refused_and_the_call_goes_on(server, audio):
    socket = Socket(server, "/v1/ingest")
    socket.send(start_message("bad-packets"))
    assert socket.receive()["type"] == "started"
    for bad, code in [(b"\1", "bad_packet"), (packet(7, 0, b"x" * 160), "unknown_track"), (packet(0, 1 << 40, b"x" * 160), "bad_sample"), (b"\2" + packet(0, 0, b"xx")[1:], "bad_packet")]:
        socket.send(bad)
        assert socket.until(lambda m: m["type"] == "error")["code"] == code
    for first in (0, 0, 160, 480, 320):  # doubled and out of order
        socket.send(packet(0, first, b"\xff" * 160))
    ack = socket.until(lambda m: m["type"] == "ack" and m["tracks"][0]["received"] == 640)
    assert ack, "duplicates are dropped, order is restored"
    other = Socket(server, "/v1/ingest")
    other.send(start_message("bad-packets", resume="wrong"))
    assert other.until(lambda m: m["type"] == "error")["code"] == "wrong_token"
    socket.send({"type": "end"})
    assert socket.until(lambda m: m["type"] == "ended")["reason"] == "hangup"


def test_a_message_that_is_too_big_closes_its_socket_only(server, audio):
    socket = Socket(server, "/v1/ingest")
    socket.send(start_message("too-big"))
    socket.receive()
    socket.send(b"\0" * 300_000)
    while socket.receive() is not None:
        pass
    assert socket.close_code == 1009
    assert server.http("GET", "/healthz")[0] == 200
    server.http("POST", "/v1/calls/too-big/stop")


# --- who may talk ---

def test_other_hosts_and_origins_are_refused(server, audio):
    assert server.http("GET", "/v1/calls", headers={"Host": "evil.example"})[0] == 403
    assert server.http("GET", "/v1/calls", headers={"Origin": "http://evil.example"})[0] == 403
    assert Socket(server, "/v1/ingest", "Origin: http://evil.example\r\n").status == 403
    assert Socket(server, "/v1/subscribe", "Origin: http://evil.example\r\n").status == 403
    if not stores.PROCESSES:  # the proxy before them refuses such an address itself
        assert server.http("GET", "/../../etc/passwd")[1].startswith("<!doctype html>")


def test_a_ticket_is_needed_and_good_once(server, audio):
    source = Socket(server, "/v1/ingest")
    source.send(start_message("ticketed"))
    source.receive()
    status, answer = server.http("POST", "/v1/tickets", '{"call":"ticketed"}')
    assert status == 201
    ticket = json.loads(answer)["ticket"]
    for number, given in enumerate(["wrong", ticket, ticket]):
        socket = Socket(server, "/v1/subscribe")
        socket.send({"type": "subscribe", "ticket": given})
        first = socket.receive()
        assert first["type"] == ("snapshot" if number == 1 else "error"), first
    assert server.http("POST", "/v1/tickets", '{"call":"nobody"}')[0] == 409
    server.http("POST", "/v1/calls/ticketed/stop")
    assert source.until(lambda m: m["type"] == "ended")["reason"] == "stopped"


def test_a_token_is_asked_for(_, audio):
    with Server(args=["--token", "s3cret"]) as server:
        assert server.http("GET", "/v1/calls")[0] == 401
        assert server.http("GET", "/metrics")[0] == 401
        assert server.http("GET", "/v1/calls", headers={"Authorization": "Bearer s3cret"})[0] == 200
        assert server.http("GET", "/")[0] == 200
        assert Socket(server, "/v1/ingest").status == 401
        assert Socket(server, "/v1/ingest", "Authorization: Bearer s3cret\r\n").status == 101


def test_every_message_of_a_call_fits_its_schema(server, audio):
    call = subprocess.Popen([BIN, "call", audio["cancel"], "--id", "schemas", "--server", f"http://127.0.0.1:{server.port}"], cwd=ROOT, stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    messages = [{"type": "subscribe", "ticket": json.loads(server.http("POST", "/v1/tickets", '{"call":"schemas"}')[1])["ticket"]}]
    socket = Socket(server, "/v1/subscribe")
    socket.send(messages[0])
    own = [{"type": "ping", "t": 1.5}, {"type": "dismiss", "cue": "nonsense"}]
    for message in own:
        socket.send(message)
    while (message := socket.receive()) is not None:
        messages.append(message)
        for event in message.get("events", []):
            if event["type"] == "sotto.cue.shown":
                own.append({"type": "displayed", "cue": event["data"]["id"], "deliver": 1.0, "render": 16.0, "hold": 0.0, "total": 300.0, "clock_error": 0.2})
                socket.send(own[-1])
                server.http("POST", "/v1/calls/schemas/pause")
                server.http("POST", "/v1/calls/schemas/resume")
                for ticked in ("true", "false"):
                    server.http("POST", "/v1/calls/schemas/checklist/anything_else", f'{{"ticked":{ticked},"reason":"by hand"}}')
    call.wait(30)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "messages"
        file.write_text("\n".join(json.dumps(message) for message in messages + own))
        checked = subprocess.run(["/usr/bin/python3", ROOT / "tests/system/schema_check.py", file], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        for kind in ("snapshot", "delta", "beat", "pong", "error", "cue.shown", "cue.displayed", "call.ended", "utterance.final", "checklist.ticked", "checklist.unticked"):
            assert kind in checked.stdout, checked.stdout


def test_both_parties_of_a_call_with_one_channel_are_heard(server, audio):
    call = subprocess.Popen([BIN, "call", audio["mono"], "--json", "--id", "mono", "--speed", "4", "--server", f"http://127.0.0.1:{server.port}"],
                            cwd=ROOT, stdout=subprocess.PIPE, text=True)
    out = call.communicate(timeout=120)[0]
    assert call.returncode == 0
    events = [json.loads(line) for line in out.splitlines()]
    started, finals = of_type(events, "call.started")[0], of_type(events, "utterance.final")
    assert started["mono"] is True and started["tracks"] == ["customer"], started
    said = {(f["track"], f["utterance"]): f for f in finals} | {(f["track"], f["utterance"]): f for f in of_type(events, "utterance.revised")}
    speakers = [final["speaker"] for final in said.values()]
    assert min(speakers.count("agent"), speakers.count("customer")) >= 3, speakers
    assert all(0.5 <= final["speaker_confidence"] <= 1 for final in said.values())
    at = 0
    for row in server.json("/v1/calls/mono/coverage")["tracks"]["customer"]["rows"]:
        assert row["from"] == at and row["coverage"] != "pending"
        at = row["to"]
    message = {"type": "delta", "cursor": "1", "sent_us": 0, "events": events}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "messages"
        file.write_text(json.dumps(message))
        checked = subprocess.run(["/usr/bin/python3", ROOT / "tests/system/schema_check.py", file], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr


# --- policies while calls run ---

def test_a_wrong_policy_is_refused_and_the_last_good_one_stays(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "config", f"{folder}/config")
        settings = f"policies: {folder}/config/policies\nknowledge: {folder}/config/knowledge\n"
        with Server(settings=settings) as server:
            rule = pathlib.Path(folder) / "config/policies/demo/service.yaml"
            good = rule.read_text()
            rule.write_text(good + "\n- id: broken\n  when: { phrase: 1, nonsense: 2 }\n")
            time.sleep(2.5)
            assert f"{rule}:" in server.log.read_text() and "nonsense" in server.log.read_text()
            _, events, _ = server.call(audio["cancel"], "--speaker", "customer", "--speed", "2")
            assert of_type(events, "cue.shown"), "the last good version is in force"
            rule.write_text(good.replace("Ask why, then offer the loyalty plan", "Reloaded while running"))
            time.sleep(2.5)
            _, events, _ = server.call(audio["cancel"], "--speaker", "customer", "--speed", "2")
            assert of_type(events, "cue.shown")[0]["headline"] == "Reloaded while running"


# --- the store ---

def test_with_the_disk_full_calls_go_on_and_nothing_is_missing_afterwards(_, __):
    needs_one_process("a disk that fills up under the process itself")
    seconds = int(os.environ.get("SOTTO_DISK_FULL_SECONDS", "20"))
    folder = tempfile.mkdtemp()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        raise Skip("no right to mount a small disk here")
    try:
        with tempfile.TemporaryDirectory() as rendered, Server(data=f"{folder}/data") as server:
            # Words for as long as the disk is full, and some more for afterwards.
            lasting = render(rendered, [{"id": "lasting", "voice": "slt", "text": " ".join(SENTENCES * (2 + seconds // 11))}])[0]
            filler = pathlib.Path(folder) / "filler"
            # Into files: a pipe that nobody reads fills up and stops the source.
            printed = [pathlib.Path(rendered) / f"full-{i}" for i in range(2)]
            calls = [subprocess.Popen([BIN, "call", lasting, "--json", "--id", file.name, "--server", f"http://127.0.0.1:{server.port}"],
                                      cwd=ROOT, stdout=file.open("w")) for file in printed]
            time.sleep(3)
            with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(b"\0" * 4096)
            time.sleep(seconds)
            filler.unlink()
            assert [call.wait(timeout=90 + seconds) for call in calls] == [0, 0]
            for number, file in enumerate(printed):
                events = [json.loads(line) for line in file.read_text().splitlines()]
                unsaved = [e for e in events if e["type"] == "sotto.call.health" and not e["data"]["saved"]]
                assert unsaved, "the page is told"
                assert any(e.get("unpersisted") for e in events if e["type"] == "sotto.utterance.final"), "captions went on"
                seen = [e["number"] for e in events if e["number"] > 0]
                stored = [e["number"] for e in server.events(f"full-{number}")]
                assert seen == stored == list(range(1, len(stored) + 1))
    finally:
        subprocess.run(["umount", "-l", folder])


def test_a_restart_keeps_the_call(_, audio):
    with Server() as server:
        call = subprocess.Popen([BIN, "call", audio["long"], "--json", "--id", "restarted", "--server", f"http://127.0.0.1:{server.port}"],
                                cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        time.sleep(6)
        server.stop()
        assert server.process.returncode == 0, server.process.returncode  # sockets closed before what they use
        server.start()
        out = call.communicate(timeout=90)[0]
        assert call.returncode == 0
        types = [json.loads(line)["type"] for line in out.splitlines()]
        assert types[-1] == "sotto.guidance.done" and types.count("sotto.call.ended") == 1, types[-5:]
        stored = server.events("restarted")
        assert of_type(stored, "call.ended")[0]["reason"] == "hangup"
        finals = [(f["track"], f["utterance"]) for f in of_type(stored, "utterance.final")]
        assert len(finals) == len(set(finals))
        coverage = server.json("/v1/calls/restarted/coverage")["tracks"]["customer"]
        assert coverage["gap_ms"] == 0 or all(row.get("reason") == "no_words" for row in coverage["rows"] if row["coverage"] == "gap"), coverage


def test_metrics_have_the_briefs_names(server, audio):
    needs_one_process("a figure of every stage in one place")
    text = server.http("GET", "/metrics")[1]
    for name in ("sotto_recognition_seconds_count", "sotto_store_commit_seconds_bucket", "sotto_bus_seconds_count", "sotto_inference_seconds_count", "sotto_recognisers_up 1"):
        assert name in text, name


def speech(folder):
    lines = [{"id": "cancel", "voice": "awb", "text": "Please close my contract. I do not want it any longer."},
             {"id": "offtopic", "voice": "slt", "text": "It was so sunny on the weekend. We went to the lake and had ice cream. My sister brought her dog along."},
             {"id": "canary", "voice": "slt", "text": CANARY.capitalize() + "."},
             {"id": "long", "voice": "slt", "text": " ".join(SENTENCES)}]
    audio = dict(zip([line["id"] for line in lines], render(folder, lines)))
    # The first 40 s of a demo call, both channels in one.
    audio["mono"] = pathlib.Path(folder) / "mono.wav"
    subprocess.run(["sox", "-D", ROOT / "build/demo/cancel.wav", audio["mono"], "trim", "0", "40", "remix", "1,2"], check=True)
    return audio


if __name__ == "__main__":
    sys.exit(run_with_audio(globals(), speech))
