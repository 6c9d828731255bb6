#!/usr/bin/env python3
"""Words taken back and calls erased, while a call runs and afterwards: by HTTP, by command, and what is left of them anywhere."""
import json
import pathlib
import signal
import subprocess
import sys
import time
from urllib.parse import quote

from harness import BIN, ROOT, Server, Socket, needs_one_process, of_type, render, run_with_audio

SENTENCES = ["Please close my contract today.", "The garden is full of flowers in the spring.", "My brother works in a small bakery.",
             "We took the early train to the coast.", "The old clock on the wall stopped at noon."]


def sotto(server, *args):
    return subprocess.run([BIN, *map(str, args), "--server", f"http://127.0.0.1:{server.port}"], cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def redact(server, call, **body):
    status, text = server.http("POST", f"/v1/calls/{quote(call, safe='')}/redactions", json.dumps(body))
    return status, json.loads(text)


def events_of(server, call):
    status, text = server.http("GET", f"/v1/calls/{quote(call, safe='')}/events")
    return json.loads(text)["events"] if status == 200 else []


def erase(server, call, reason="asked for"):
    return server.http("DELETE", f"/v1/calls/{quote(call, safe='')}?reason={quote(reason)}")


def final_that_says(events, word):
    """(number, text)"""
    for event in events:
        if event["type"] == "sotto.utterance.final" and word in event["data"]["text"].lower():
            return event["number"], event["data"]["text"]
    return None


def until(what, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it never comes"
        time.sleep(0.05)
    return found


def follow(server, call):
    ticket = json.loads(server.http("POST", "/v1/tickets", json.dumps({"call": call}))[1])["ticket"]
    page = Socket(server, "/v1/subscribe")
    page.send({"type": "subscribe", "ticket": ticket})
    return page, page.receive()


def files_that_say(server, word):
    """Of the store, the log, and what else stands beside them."""
    kept = [*pathlib.Path(server.data).rglob("*"), server.log]
    return [path for path in kept if path.is_file() and word.encode() in path.read_bytes().lower()]


def test_words_of_a_call_that_runs_are_taken_back_and_every_page_hears_of_it(server, audio):
    call = subprocess.Popen([BIN, "call", audio["long"], "--speaker", "customer", "--json", "--id", "runs", "--server", f"http://127.0.0.1:{server.port}"],
                            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    number, text = until(lambda: final_that_says(events_of(server, "runs"), "contract"))
    until(lambda: of_type(events_of(server, "runs"), "cue.shown"))
    page, first = follow(server, "runs")
    assert "contract" in json.dumps(first).lower()
    status, answer = redact(server, "runs", number=number, all=True, reason="the caller asked for it")
    assert status == 200 and number in answer["redacted"] and len(answer["redacted"]) >= 2, answer
    told = page.until(lambda m: m["type"] == "delta" and any(e["type"] == "sotto.event.redacted" for e in m["events"]))
    assert told and "[redacted]" in json.dumps(told), told
    again, snapshot = follow(server, "runs")
    assert snapshot["type"] == "snapshot"
    said = json.dumps([snapshot["call"]["utterances"], [cue["because"]["text"] for cue in snapshot["call"]["cues"] if "because" in cue]]).lower()
    assert "my contract" not in said and "[redacted]" in said, said
    for socket in (page, again):
        socket.close()
    out = call.communicate(timeout=90)[0]
    assert call.returncode == 0 and out
    events = events_of(server, "runs")
    assert of_type(events, "call.ended") and len(of_type(events, "utterance.final")) > 1, "the call went on"
    assert not final_that_says(events, "contract"), events
    quotes = [cue["because"]["text"].lower() for cue in of_type(events, "cue.shown")]
    assert quotes and not any("contract" in quote for quote in quotes), quotes
    told = [one["data"] for one in of_type(events, "event.redacted")]
    assert told and not any("contract" in data.get("text", data.get("because", {}).get("text", "")).lower() for data in told), told
    log = server.log.read_text()
    audit = [line for line in log.splitlines() if "audit: call runs" in line]
    assert audit and "the caller asked for it" in audit[0] and text.lower() not in log.lower(), audit
    server.stop()
    server.start()
    assert not final_that_says(events_of(server, "runs"), "contract")
    assert not files_that_say(server, text.lower().rstrip(".")), "in no file of the data, and not in the log"


def test_some_words_of_a_call_that_is_over_are_hidden_by_command(server, audio):
    assert server.call(audio["long"], "--speaker", "customer", "--speed", "3", "--id", "a/b over")[0] == 0
    number, text = final_that_says(events_of(server, "a/b over"), "bakery") or final_that_says(events_of(server, "a/b over"), "brother")
    word = text.split()[-1]
    asked = sotto(server, "calls", "redact", "a/b over", number, "--words", word, "--label", "place")
    assert asked.returncode == 2 and "--yes" in asked.stderr, asked
    done = sotto(server, "calls", "redact", "a/b over", number, "--words", word, "--label", "place", "--yes")
    assert done.returncode == 0 and str(number) in done.stdout, done
    now = [event for event in events_of(server, "a/b over") if event["number"] == number][0]["data"]
    assert now["text"].endswith("[place]") and now["words"][-1]["text"] == "[place]" and now["text"].split()[0] == text.split()[0], now
    assert sotto(server, "calls", "redact", "a/b over", number, "--words", "nobody said this", "--yes").returncode == 1
    for args, wanted in [(["--all", "--yes", "--label", "Not Good"], "label"), (["--range", "5", "--yes"], "FROM-TO"), ([], "--words")]:
        wrong = sotto(server, "calls", "redact", "a/b over", number, *args)
        assert wrong.returncode != 0 and wanted in wrong.stderr + wrong.stdout, (args, wrong)
    assert sotto(server, "calls", "redact", "a/b over", number, "--range", "0-1", "--yes").returncode == 0
    assert [e for e in events_of(server, "a/b over") if e["number"] == number][0]["data"]["text"].startswith("[redacted]")
    view = server.json(f"/v1/calls/{quote('a/b over', safe='')}")
    assert word not in json.dumps(view["utterances"]), view


def test_what_cannot_be_redacted_is_said(server, audio):
    assert server.call(audio["short"], "--speaker", "customer", "--speed", "3", "--id", "said")[0] == 0
    final = final_that_says(events_of(server, "said"), "contract")[0]
    for body, status, code in [({"number": 1, "all": True}, 400, "no_words"), ({"number": 10_000, "all": True}, 404, "no_such_event"),
                               ({"number": final}, 400, "missing_field"), ({"number": final, "words": ["zebra"]}, 400, "no_such_words"),
                               ({"number": final, "ranges": [{"from": 3, "to": 100_000}]}, 400, "bad_range"), ({"all": True}, 400, "missing_field")]:
        got, answer = redact(server, "said", **body)
        assert (got, answer["error"]["code"]) == (status, code), (body, answer)
    assert redact(server, "nobody", number=1, all=True)[0] == 404


def test_of_an_erased_call_nothing_is_left_but_that_there_was_one(server, audio):
    call = subprocess.Popen([BIN, "call", audio["long"], "--speaker", "customer", "--json", "--id", "erased", "--server", f"http://127.0.0.1:{server.port}"],
                            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: of_type(events_of(server, "erased"), "utterance.final"))
    assert erase(server, "erased")[0] == 409, "it is live"
    assert server.http("POST", "/v1/calls/erased/stop", "")[0] == 200
    until(lambda: erase(server, "erased")[0] == 200)
    call.wait(timeout=60)
    for path in ("", "/events", "/coverage"):
        assert server.http("GET", f"/v1/calls/erased{path}")[0] == 410, path
    listed = [one for one in server.json("/v1/calls")["calls"] if one["call"] == "erased"]
    assert listed and listed[0]["erased"] and listed[0]["agent"] == "", listed
    assert redact(server, "erased", number=1, all=True)[0] == 410
    assert server.http("DELETE", "/v1/calls/erased")[0] == 400, "a reason is asked for"
    assert erase(server, "nobody")[0] == 404
    assert server.call(audio["short"], "--speed", "3", "--id", "by command")[0] == 0
    assert sotto(server, "calls", "erase", "by command", "--reason", "asked for").returncode == 2
    done = sotto(server, "calls", "erase", "by command", "--reason", "asked for", "--yes")
    assert done.returncode == 0, done
    assert server.http("GET", "/v1/calls/by%20command")[0] == 410
    assert "audit: call by command was erased" in server.log.read_text()
    listed = sotto(server, "calls")
    assert listed.returncode == 0 and "erased" in listed.stdout


def test_a_new_master_key_opens_every_call_and_the_old_one_none(_, audio):
    needs_one_process("a new master key")
    with Server() as server:
        assert server.call(audio["short"], "--speed", "3", "--id", "kept")[0] == 0
        running = subprocess.run([BIN, "keys", "renew", "--data", server.data], capture_output=True, text=True)
        assert running.returncode == 1 and "in use" in running.stderr, running
        server.stop()
        key = pathlib.Path(server.data) / "master.key"
        old = key.read_text()
        done = subprocess.run([BIN, "keys", "renew", "--data", server.data], capture_output=True, text=True)
        assert done.returncode == 0 and "new master key" in done.stdout, done
        assert key.read_text() != old and key.stat().st_mode & 0o777 == 0o600
        server.start()
        assert of_type(events_of(server, "kept"), "utterance.final")
        server.stop()
        new = key.read_text()
        key.write_text(old)
        refused = subprocess.run([BIN, "serve", "--data", server.data, "--listen", f"127.0.0.1:{server.port}"], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert refused.returncode == 1 and "master key" in refused.stdout + refused.stderr, refused
        key.write_text(new)
        server.start()
        server.stop(signal.SIGTERM)


def speech(folder):
    lines = [{"id": "long", "voice": "slt", "text": " ".join(SENTENCES)}, {"id": "short", "voice": "slt", "text": SENTENCES[0]}]
    return dict(zip([line["id"] for line in lines], render(folder, lines)))


if __name__ == "__main__":
    sys.exit(run_with_audio(globals(), speech))
