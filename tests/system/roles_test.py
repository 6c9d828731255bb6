#!/usr/bin/env python3
"""Processes that do a part of the work: `--role` with a list, and what one process left taken up by the next."""
import pathlib
import subprocess
import sys
import tempfile
import time

from harness import BIN, ROOT, Server, Socket, of_type, packet, render, run_with_audio, start_message

CANCEL = "I am thinking of leaving you, the price is too high and I want to cancel my contract."


def make_audio(folder):
    [cancel] = render(folder, [{"id": "cancel", "voice": "awb", "text": CANCEL}])
    wav = pathlib.Path(cancel).read_bytes()
    return {"cancel": wav[wav.index(b"data") + 8:]}


def stream(server, call, audio):
    socket = Socket(server, "/v1/ingest")
    socket.send(start_message(call, tracks=["customer"]))
    assert socket.until(lambda m: m["type"] == "started")
    for at in range(0, len(audio), 800):
        socket.send(packet(0, at, audio[at:at + 800]))
    socket.send({"type": "end"})
    assert socket.until(lambda m: m["type"] == "ended", 60)["reason"] == "hangup"
    socket.close()


def test_what_a_gateway_alone_captured_is_guided_by_the_next_process(_, audio):
    with tempfile.TemporaryDirectory() as data:
        with Server(data=data, args=["--role", "gateway"]) as gateway:
            assert gateway.http("GET", "/v1/calls")[0] == 404, "no role api, no resources of it"
            stream(gateway, "split", audio["cancel"])
            gateway.stop()
        with Server(data=data, args=["--role", "orchestrator,delivery, api"]) as guided:
            assert Socket(guided, "/v1/ingest").status in (404, 426), "no role gateway, no source"
            deadline = time.monotonic() + 20
            while not of_type(guided.events("split"), "guidance.done") and time.monotonic() < deadline:
                time.sleep(0.2)
            events = guided.events("split")
            assert of_type(events, "utterance.final") and of_type(events, "guidance.done"), events
            assert of_type(events, "moment.raised"), "the words were judged by the process that came later"


def test_readiness_names_the_module_that_is_missing(_, __):
    server = Server(args=["--role", "gateway"], settings=f"policies: {ROOT}/tests/system\nknowledge: /nowhere\n")
    try:
        try:
            server.start()
        except RuntimeError:
            pass
        status, text = server.http("GET", "/readyz")
        assert (status, text) == (503, "library: no tenant has rules\n"), (status, text)
    finally:
        server.stop()
        server.folder.cleanup()


def test_a_role_that_is_none_is_refused_with_those_that_are(_, __):
    for roles, said in (("gateway,router", "role \"router\" is not known; there are: all, orchestrator, gateway, delivery, api, webhooks, asr"),
                        ("api,asr", "role asr stands alone")):
        done = subprocess.run([BIN, "serve", "--role", roles], cwd=ROOT, capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and said in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(run_with_audio(globals(), make_audio))
