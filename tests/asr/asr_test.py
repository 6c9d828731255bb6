#!/usr/bin/env python3
"""`sotto asr` as clients meet it: raw connections for keys, parameters, errors and close codes; then the official SDKs.

Needs build/sotto, build/demo and .cache/sdks (scripts/setup-sdks). Usage: asr_test.py [WORD...]   only tests whose name has a WORD."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from asr_harness import KEY, ROOT, AsrServer, Listener, demo_stereo, memory_mb, to_linear, transcript

sys.path.insert(0, str(ROOT / "tests/system"))
from harness import BIN, Socket, closing_line, run_tests  # noqa: E402

RAW = "encoding=linear16&sample_rate=16000"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


# --- who may connect ---

def test_a_wrong_key_is_401_with_a_json_body(server):
    for headers in ({"Authorization": "Token wrong"}, {"Authorization": "Bearer " + KEY + "x"}, {"Authorization": KEY}, {"Sec-WebSocket-Protocol": "token, wrong"}, {}):
        status, answer, body = server.refusal(RAW, headers)
        assert status == 401, (headers, status)
        body = json.loads(body)
        assert body["err_code"] == "INVALID_AUTH" and body["err_msg"] == answer["dg-error"], body
        assert body["request_id"] == answer["dg-request-id"] and re.fullmatch(UUID, body["request_id"])


def test_every_way_to_send_the_key(server):
    for header, protocol in ((f"Authorization: Token {KEY}", None), (f"authorization: token {KEY}", None), (f"Authorization: Bearer {KEY}", None),
                             (f"Sec-WebSocket-Protocol: token, {KEY}", "token"), (f"Sec-WebSocket-Protocol: bearer, {KEY}", "bearer")):
        socket = Listener(server, header + "\r\n")
        assert socket.status == 101, (header, socket.head)
        assert re.search(f"(?im)^dg-request-id: {UUID}", socket.head), socket.head
        assert (f"Sec-WebSocket-Protocol: {protocol}\r\n" in socket.head + "\r\n") == bool(protocol), socket.head
        socket.close()


def test_a_page_of_another_site_is_refused_without_a_key_only(server):
    origin = {"Origin": "https://page.example"}
    assert server.refusal(RAW, {**origin, "Sec-WebSocket-Protocol": f"token, {KEY}"})[0] == 101
    with AsrServer(key="") as open_server:
        assert open_server.refusal(RAW, origin)[0] == 403
        assert open_server.refusal(RAW, {"Authorization": "Token anything"})[0] == 101
        assert open_server.refusal(RAW, {})[0] == 101


def test_listening_beyond_this_machine_needs_a_key(server):
    done = subprocess.run([BIN, "asr", "--listen", "0.0.0.0:0"], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "--key" in done.stderr, done.stderr


# --- parameters ---

def test_parameters_that_are_wrong_or_not_supported_are_named(server):
    for query, name in (("model=nova-3", "encoding"), ("encoding=opus&sample_rate=48000", "encoding"), ("encoding=linear16", "sample_rate"), ("encoding=mulaw&sample_rate=16000", "sample_rate"),
                        ("encoding=linear16&sample_rate=12345", "sample_rate"), (RAW + "&channels=21", "channels"), (RAW + "&language=de", "language"), (RAW + "&multichannel=2", "multichannel"),
                        (RAW + "&endpointing=soon", "endpointing"), (RAW + "&utterance_end_ms=1000", "utterance_end_ms"), (RAW + "&diarize=true", "diarize"),
                        (RAW + "&redact=pci", "redact"), (RAW + "&callback=http%3A%2F%2Fx", "callback")):
        status, headers, body = server.refusal(query)
        body = json.loads(body)
        assert status == 400 and body["err_code"] == "INVALID_QUERY_PARAMETER", (query, status, body)
        assert body["err_msg"].startswith(name + ":"), (query, body)
        assert headers["dg-error"] == body["err_msg"] and headers["dg-request-id"] == body["request_id"]


def test_more_streams_than_allowed_are_429(server):
    with AsrServer(args=["--streams", "3"]) as small:
        first = Listener(small, channels=2, multichannel=True)
        assert first.status == 101
        status, _, body = small.refusal(RAW + "&channels=2&multichannel=true")
        assert status == 429 and json.loads(body)["err_code"] == "TOO_MANY_REQUESTS"
        first.close_stream()
        assert small.refusal(RAW + "&channels=2&multichannel=true")[0] == 101


def test_roles(server):
    done = subprocess.run([BIN, "serve", "--role", "router"], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "webhooks, asr" in done.stderr, done.stderr

    class Role(AsrServer):
        def command(self):
            return ["serve", "--role", "asr", "--listen", f"127.0.0.1:{self.port}"]
    with Role(key="") as role:
        assert Listener(role).close_stream().close_code == 1000


# --- the plain resources ---

def test_plain_http_answers(server):
    assert server.http("GET", "/healthz") == (200, "ok\n")
    assert "sotto asr" in server.http("GET", "/")[1]
    assert server.http("GET", "/metrics")[0] == 401
    status, text = server.http("GET", "/metrics", headers={"Authorization": f"Bearer {KEY}"})
    assert status == 200
    for name in ("connections", "streams", "audio_seconds_total", "finals_total", "refused_total"):
        assert f"sotto_listen_{name}" in text, name
    for path in ("/v1/listen", "/v1/speak"):
        status, body = server.http("POST", path, "")
        assert status in (400, 404) and "err_code" in json.loads(body)


# --- results ---

def test_one_channel_of_words(server):
    socket = Listener(server, encoding="linear16")
    audio = to_linear(demo_stereo(seconds=24)[0::2])
    socket.play(audio, 640, 16000 * 4)
    socket.close_stream()
    finals, metadata = socket.finals(), socket.messages[-1][1]
    assert not [m for m in socket.of_type("Results") if not m["is_final"]], "interims nobody asked for"
    at = 0
    for final in finals:
        assert abs(final["start"] - at) < 1e-6, (final, at)
        at = final["start"] + final["duration"]
        for word in final["channel"]["alternatives"][0]["words"]:
            assert final["start"] <= word["start"] <= word["end"] <= at + 1e-6 and word["word"] == word["word"].lower() and "punctuated_word" not in word
    assert abs(at - len(audio) / 16000) < 1e-6
    assert "thinking about it" in transcript(finals), transcript(finals)
    assert any(final["speech_final"] for final in finals)
    assert metadata["type"] == "Metadata" and metadata["sha256"] == hashlib.sha256(audio).hexdigest()
    assert metadata["duration"] == len(audio) / 16000 and metadata["request_id"] in socket.head
    assert (socket.close_code, socket.close_reason) == (1000, "")


def test_two_channels_mixed_into_one(server):
    socket = Listener(server, channels=2)
    socket.play(demo_stereo(seconds=20), 1600, 16000 * 8)
    socket.close_stream()
    heard = transcript(socket.finals())
    assert "for training and quality" in heard and "another company" in heard, heard
    assert {tuple(m["channel_index"]) for m in socket.of_type("Results")} == {(0, 1)}


def test_finalize_is_answered_once_and_time_goes_on(server):
    socket = Listener(server, interim_results=True)
    audio = demo_stereo(seconds=24)[0::2]
    socket.play(audio[:8000 * 17], 800, 8000 * 8)  # in the middle of a sentence
    socket.send({"type": "Finalize"})
    flushed = socket.wait_for(lambda m: m.get("from_finalize"))
    assert flushed["is_final"] and abs(flushed["start"] + flushed["duration"] - 17) < 1e-6, flushed
    socket.play(audio[8000 * 17:], 800, 8000 * 8)
    socket.close_stream()
    assert sum(bool(m.get("from_finalize")) for m in socket.of_type("Results")) == 1
    at = 0
    for final in socket.finals():
        assert abs(final["start"] - at) < 1e-6
        at = final["start"] + final["duration"]
    assert abs(at - 24) < 1e-6


def test_endpointing_waits_as_asked(server):
    counts = {}
    audio = demo_stereo(seconds=24)[0::2]
    for wait in (100, 1500, False):
        socket = Listener(server, endpointing=wait)
        socket.play(audio, 800, 8000 * 10)
        socket.close_stream()
        counts[wait] = (sum(m["speech_final"] for m in socket.finals()), len([m for m in socket.finals() if m["channel"]["alternatives"][0]["transcript"]]))
    assert counts[100][0] > counts[1500][0] >= 1, counts
    assert counts[False][0] == 0 and counts[False][1] >= 2, counts


# --- how connections end ---

def test_an_empty_frame_is_close_stream(server):
    socket = Listener(server)
    socket.send(b"\xff" * 8000)
    socket.send(b"", opcode=2)
    assert socket.ended.wait(10) and socket.close_code == 1000
    assert socket.messages[-1][1]["type"] == "Metadata"


def test_half_a_sample_is_1008(server):
    socket = Listener(server, encoding="linear16")
    socket.send(b"\0" * 641)
    assert socket.ended.wait(10)
    assert (socket.close_code, socket.close_reason) == (1008, "DATA-0000")


def test_no_audio_for_ten_seconds_is_1011(server):
    mute, kept, stopped = Listener(server), Listener(server), Listener(server)
    stopped.send(b"\xff" * 1600)
    began = time.monotonic()
    for _ in range(3):
        time.sleep(2.9)
        kept.send({"type": "KeepAlive"})
    assert not mute.ended.is_set() and time.monotonic() - began < 9.5
    for socket in (mute, kept, stopped):  # a KeepAlive is no audio
        assert socket.ended.wait(3)
        assert (socket.close_code, socket.close_reason) == (1011, "NET-0001")


def test_text_that_is_no_message_is_ignored_and_not_logged(server):
    socket = Listener(server)
    for text in ("marzipan", '{"type":"Configure","keyterms":["marzipan"]}', "{", "[1]"):
        socket.send(text)
    socket.send(b"\xff" * 8000)
    assert socket.close_stream().close_code == 1000
    assert "marzipan" not in server.log.read_text()


def test_too_big_a_frame_is_1009(server):
    socket = Listener(server)
    socket.send(b"\xff" * (1024 * 1024 + 1))
    assert socket.ended.wait(10) and socket.close_code == 1009, socket.close_code


def test_audio_faster_than_it_is_heard_slows_the_client(server):
    socket = Listener(server)
    before = memory_mb(server)
    audio = demo_stereo()[0::2] * 6
    peak = [before]
    watch = threading.Thread(target=lambda: [peak.append(memory_mb(server)) or time.sleep(0.05) for _ in iter(socket.ended.is_set, True)], daemon=True)
    watch.start()
    began = time.monotonic()
    for at in range(0, len(audio), 4000):
        socket.send(audio[at:at + 4000])
    sent = time.monotonic() - began
    socket.close_stream(120)
    finals = socket.finals()
    at = 0
    for final in finals:
        assert abs(final["start"] - at) < 1e-6
        at = final["start"] + final["duration"]
    assert abs(at - len(audio) / 8000) < 1e-6
    assert sent > 1, f"{len(audio) / 8000:.0f} s of audio were taken in {sent:.2f} s"
    # 30 s of samples and what the decoder needs for them; unread they would be 45 MB.
    assert max(peak) - before < 40, (before, max(peak))


def test_stopping_gives_what_is_left(server):
    with AsrServer() as stopping:
        socket = Listener(stopping)
        socket.play(demo_stereo(seconds=17)[0::2], 800, 8000 * 8)
        time.sleep(0.3)
        began = time.monotonic()
        stopping.process.send_signal(signal.SIGTERM)
        assert socket.ended.wait(6) and socket.close_code == 1001, socket.close_code
        assert stopping.process.wait(6) == 0 and time.monotonic() - began < 6
        last = socket.finals()[-1]
        assert abs(last["start"] + last["duration"] - 17) < 1e-6, last
        assert socket.messages[-1][1]["type"] == "Metadata"


def test_no_word_is_in_the_log(server):
    log = server.log.read_text().lower()
    assert "listen " in log and not [word for word in ("thinking", "company", "morning") if word in log]


# --- the official SDKs ---

def run_sdk(command, environment):
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=150)
    print(done.stdout + done.stderr, end="", flush=True)
    counted = re.findall(r"^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$", done.stdout, re.M)
    return tuple(map(int, counted[-1])) if counted else (0, 1)


def sdk_tests(server) -> tuple[int, int]:
    counts = []
    with tempfile.TemporaryDirectory() as folder:
        stereo = demo_stereo(seconds=24)
        (pathlib.Path(folder) / "stereo.mulaw").write_bytes(stereo)
        (pathlib.Path(folder) / "left.linear16").write_bytes(to_linear(stereo[0::2]))
        environment = {"ASR_PORT": str(server.port), "ASR_KEY": KEY, "ASR_AUDIO": folder, "ASR_SDKS": str(ROOT / ".cache/sdks")}
        here = pathlib.Path(__file__).parent
        commands = [[str(ROOT / ".cache/sdks/python/bin/python"), str(here / "sdk_test.py")], ["node", str(here / "sdk_test.mjs")]]
        threads = [threading.Thread(target=lambda c=command: counts.append(run_sdk(c, environment))) for command in commands]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counts += [(0, 1)] * (len(commands) - len(counts))
    return sum(passed for passed, _ in counts), sum(failed for _, failed in counts)


def main() -> int:
    wanted = sys.argv[1:]
    with AsrServer() as server:
        passed, failed = run_tests(globals(), server, wanted=wanted)
        if not wanted or "sdk" in wanted:
            good, bad = sdk_tests(server)
            passed, failed = passed + good, failed + bad
        if failed:
            print(server.log.read_text()[-3000:])
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
