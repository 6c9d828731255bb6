#!/usr/bin/env python3
"""The commands as people type them: paths, ids, names, recordings of any kind, written calls."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from harness import BIN, ROOT, Server, of_type, run_with_audio
from system_test import sotto, speech


def test_a_policy_file_is_checked_with_its_tenant(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        tenant = pathlib.Path(folder) / "policies/acme"
        tenant.mkdir(parents=True)
        rule = tenant / "a.yaml"
        rule.write_text("- { id: a, when: { intent: leave }, then: { tag: t } }\n")
        checked = sotto("policy", "check", rule)
        assert checked.returncode == 1 and "waits for intent leave" in checked.stderr, checked.stderr
        (tenant / "b.yaml").write_text("- { intent: leave, examples: [I want to leave, cancel it all, stop my contract] }\n")
        (tenant / "c.yml").write_text("- { id: c }\n")
        for path in (rule, tenant, tenant.parent):
            checked = sotto("policy", "check", path)
            assert checked.returncode == 0 and "OK: 1 rule;" in checked.stdout, checked.stdout + checked.stderr
            assert "c.yml: note: not read" in checked.stdout
        (tenant / "t.call").write_text("lines: [ { agent: hello } ]\nexpects: [ a ]\n")
        played = sotto("policy", "test", tenant, "--policies", tenant.parent)
        assert played.returncode == 1 and 't.call:2: unknown key "expects"' in played.stdout, played.stdout + played.stderr
        (tenant / "t.call").write_text("lines: [ { agent: hello } ]\nexpect: a\n")
        played = sotto("policy", "test", tenant)
        assert played.returncode == 1 and "t.call:2: expect must be a list" in played.stdout, played.stdout + played.stderr
        assert "no article answers in these calls" in played.stdout, played.stdout


def test_a_call_is_asked_for_by_whatever_its_id_is(server, audio):
    at = ["--server", f"http://127.0.0.1:{server.port}"]
    for call in ("Billing & Returns", "arn:aws:connect:eu:1:instance/a/contact/b", "x%41y", "a?b=c#d", "café"):
        code, _, trouble = server.call(audio["cancel"], "--speaker", "customer", "--speed", "20", "--id", call)
        assert code == 0, trouble
        told = sotto("events", *at, "--", call)
        assert told.returncode == 0 and json.loads(told.stdout.splitlines()[0])["data"]["call"] == call, (call, told.stderr)
        assert sotto("policy", "explain", *at, "--", call).returncode == 0, call
    for command in (["events", b"lat\xe9"], ["call", audio["cancel"], b"--id=lat\xe9"], ["policy", "explain", b"lat\xe9"]):
        done = subprocess.run([BIN, *command], cwd=ROOT, capture_output=True, timeout=60)
        assert done.returncode == 2 and b'"lat\\xe9" is not UTF-8 text' in done.stderr, (command, done.stderr)


def test_what_is_misspelt_is_told(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        tenant = pathlib.Path(folder) / "policies/acme"
        tenant.mkdir(parents=True)
        (tenant / "a.yaml").write_text("- { id: a, when: { phrase: hello }, then: { tag: t } }\n")
        for name in ("b.yaml.txt", "C.CALL", "d.call.txt"):
            (tenant / name).write_text("")
        checked = sotto("policy", "check", tenant)
        assert checked.returncode == 0 and all(f"{name}: note: not read" in checked.stdout for name in ("b.yaml.txt", "C.CALL", "d.call.txt")), checked.stdout
        for at, good in (("1:05", True), ("1:59.5", True), ("75", True), ("1:75", False), (":5", False), ("1:", False), ("-1:05", False), ("1:-5", False)):
            (tenant / "t.call").write_text(f'lines: [ {{ agent: hello, at: "{at}" }} ]\nexpect: [ "tag:t" ]\n')
            played = sotto("policy", "test", tenant)
            assert (played.returncode == 0) == good and ("a time is MIN:SEC" in played.stdout) != good, (at, played.stdout)
        assert "C.CALL: note: not read" in played.stdout
        both = f"{folder}/both.wav"
        subprocess.run(["sox", "-M", audio["cancel"], audio["cancel"], both], check=True)
        _, _, trouble = server.call(both, "--speed", "20", "--tenant", "Bank", "--id", "misspelt")
        assert "no rules are in force for tenant Bank" in trouble and "hold the same sound" in trouble, trouble
        _, _, trouble = server.call(audio["cancel"], "--speed", "20", "--tenant", "bank", "--id", "known-tenant")
        assert "no rules" not in trouble, trouble


def test_written_lines_name_what_a_call_would_name(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        tenant = pathlib.Path(folder) / "policies/acme"
        tenant.mkdir(parents=True)
        kinds = {"email": ["my mail is jane.doe@gmail.com", "it is jane dot doe at gmail dot com"], "card": ["it is 4111 1111 1111 1111"],
                 "phone": ["call me on +1 415 555 2671"], "money": ["I was charged twenty five dollars"]}
        (tenant / "a.yaml").write_text("".join(f"- {{ id: {kind}, when: {{ speaker: customer, entity: {kind} }}, then: {{ tag: {kind} }} }}\n" for kind in kinds))
        for kind, lines in kinds.items():
            for n, line in enumerate(lines):
                (tenant / f"{kind}{n}.call").write_text(f'lines: [ {{ customer: "{line}" }} ]\nexpect: [ "tag:{kind}" ]\n')
        played = sotto("policy", "test", tenant)
        assert played.returncode == 0, played.stdout + played.stderr


def test_files_that_are_no_calls_are_named(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        text, empty = pathlib.Path(folder) / "text.wav", pathlib.Path(folder) / "empty.wav"
        text.write_text("this is not audio at all")
        empty.touch()
        for file, word in [(text, "not a sound file"), (empty, "empty"), (pathlib.Path(folder) / "none.wav", "no such file"), (folder, "not a file")]:
            for command in (["call", file, "--server", f"http://127.0.0.1:{server.port}"], ["transcribe", file]):
                done = sotto(*command)
                assert done.returncode == 1 and word in done.stderr, (command, done.stderr)


def test_paths_are_judged_before_they_are_read(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        pipe, latin = pathlib.Path(folder) / "pipe.yaml", os.fsencode(folder) + b"/caf\xe9.yaml"
        os.mkfifo(pipe)
        with open(latin, "w") as file:
            file.write("- { id: a, when: { phrase: hello }, then: { tag: t } }\n")
        commands = [["policy", "check"], ["policy", "test"], ["knowledge", "check"], ["knowledge", "add"], ["transcribe"], ["call"], ["train", "intents", "--out", f"{folder}/o"],
                    ["policy", "check", folder, "--config"]]
        for command in commands:  # and nothing waits for the pipe
            for path, words in (("", ("missing", "no such file")), (pipe, ("not a file",)), (f"{folder}/none", ("no such file",))):
                if command[-1] == "--config" and not path:  # as if it were not given
                    continue
                done = sotto(*command, path)
                assert done.returncode in (1, 2) and len(done.stderr.splitlines()) <= 2 and any(word in done.stderr for word in words), (command, path, done.stderr)
        for path in (latin, folder):
            done = subprocess.run([BIN, "policy", "check", path], cwd=ROOT, capture_output=True, timeout=60)
            assert done.returncode == 1 and b"caf\\xe9.yaml" in done.stderr and b"not UTF-8 text" in done.stderr, done.stderr


def test_a_server_that_is_not_there_is_said(server, audio):
    done = sotto("calls", "--server", "http://127.0.0.1:1")
    assert done.returncode == 1 and "no server at" in done.stderr


def test_recordings_of_any_usual_kind_are_heard(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in {"float": ["-e", "floating-point", "-b", "32"], "double": ["-e", "floating-point", "-b", "64", "-r", "44100"], "odd-rate": ["-r", "40000"], "slow": ["-r", "11025"]}.items():
            file = f"{folder}/{name}.wav"
            subprocess.run(["sox", audio["cancel"], "-e", "signed-integer", "-b", "16", *kind, file], check=True)
            code, events, trouble = server.call(file, "--speaker", "customer", "--speed", "3", "--id", f"kind-{name}")
            assert code == 0 and of_type(events, "utterance.final"), (name, trouble)
            heard = sotto("transcribe", file)
            assert heard.returncode == 0 and heard.stdout.strip(), (name, heard.stderr)
        both = f"{folder}/both.wav"
        subprocess.run(["sox", audio["cancel"], f"{folder}/silent.wav", "vol", "0"], check=True)
        subprocess.run(["sox", "-M", audio["cancel"], f"{folder}/silent.wav", both], check=True)
        for left, track in (("customer", "customer"), ("agent", "agent")):
            _, events, _ = server.call(both, "--left", left, "--speed", "3", "--id", f"left-{left}")
            assert {final["track"] for final in of_type(events, "utterance.final")} == {track}, left
        slow = f"{folder}/4000.wav"
        subprocess.run(["sox", "-n", "-r", "4000", slow, "synth", "0.5", "sine", "440"], check=True)
        code, _, trouble = server.call(slow)
        assert code == 1 and "4000 samples a second" in trouble, trouble


def test_a_recording_of_any_name_is_told_as_text(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        file = os.fsencode(folder) + b"/caf\xe9.wav"
        shutil.copy(audio["offtopic"], file)
        done = subprocess.run([BIN, "transcribe", "--json", file], cwd=ROOT, capture_output=True, timeout=60)
        assert done.returncode == 0 and json.loads(done.stdout.decode())["file"].endswith("caf\\xe9.wav"), done.stderr


def test_one_voice_on_both_channels_and_crosstalk_are_one_turn(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        for name, volume, later in (("same", "1", "0"), ("quiet", "0.1", "0"), ("late", "0.25", "0.25"), ("same-late", "1", "0.3")):
            subprocess.run(["sox", audio["cancel"], f"{folder}/copy.wav", "vol", volume, "pad", later, "0"], check=True)
            subprocess.run(["sox", "-M", audio["cancel"], f"{folder}/copy.wav", f"{folder}/{name}.wav"], check=True)
            _, events, _ = server.call(f"{folder}/{name}.wav", "--speed", "2", "--id", f"crosstalk-{name}")
            finals = of_type(events, "utterance.final")
            assert finals and {final["track"] for final in finals} == {"customer"}, (name, finals)


def test_a_line_driven_far_beyond_its_range_carries_no_words(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["sox", audio["cancel"], f"{folder}/clipped.wav", "vol", "60"], check=True, stderr=subprocess.DEVNULL)
        _, events, _ = server.call(f"{folder}/clipped.wav", "--speaker", "customer", "--speed", "2", "--id", "clipped")
        assert not of_type(events, "cue.shown") and not of_type(events, "utterance.final"), of_type(events, "utterance.final")
        assert {gap["reason"] for gap in of_type(events, "coverage.gap")} == {"distorted"}, of_type(events, "coverage.gap")
        told = sotto("transcribe", "--json", f"{folder}/clipped.wav")
        channel = json.loads(told.stdout)["channels"][0]
        assert channel["unheard"] and not channel["utterances"] and "beyond its range" in told.stderr, told


def test_an_offset_of_the_line_is_taken_away(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["sox", audio["cancel"], "-e", "signed", "-b", "16", f"{folder}/offset.wav", "vol", "0.3", "dcshift", "0.67"], check=True, stderr=subprocess.DEVNULL)
        words = sotto("transcribe", audio["cancel"]).stdout.lower()
        assert "contract" in words
        assert "contract" in sotto("transcribe", f"{folder}/offset.wav").stdout.lower()
        _, events, _ = server.call(f"{folder}/offset.wav", "--speaker", "customer", "--speed", "2", "--id", "offset")
        assert "contract" in " ".join(final["text"].lower() for final in of_type(events, "utterance.final")), events


def test_a_conference_is_heard_party_by_party(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["sox", audio["cancel"], f"{folder}/quiet.wav", "vol", "0"], check=True, stderr=subprocess.DEVNULL)
        three = f"{folder}/three.wav"
        subprocess.run(["sox", "-M", f"{folder}/quiet.wav", f"{folder}/quiet.wav", audio["cancel"], three], check=True)
        _, events, _ = server.call(three, "--party", "Interpreter:customer", "--speed", "2", "--id", "three")
        finals = of_type(events, "utterance.final")
        assert finals and {(final["track"], final["speaker"]) for final in finals} == {("party3", "customer")}, finals
        assert of_type(events, "cue.shown"), "her words are the customer's for the rules"
        assert server.json("/v1/calls/three")["info"]["parties"] == [{"track": "party3", "side": "customer", "name": "Interpreter"}]
        at = ["--server", f"http://127.0.0.1:{server.port}", "--speed", "4"]
        assert " Interpreter " in sotto("call", three, *at, "--party", "Interpreter:customer").stdout
        for party, told in (("Kim", "NAME:customer"), ("Kim:boss", "NAME:customer"), (":agent", "NAME:customer")):
            assert told in sotto("call", three, *at, "--party", party).stderr
        assert "3 channels" in sotto("call", three, *at).stderr
        assert "are not those of" in sotto("call", audio["cancel"], *at, "--party", "Kim:agent").stderr


def test_a_call_that_is_handed_over_goes_on_with_the_other_agent(server, audio):
    code, events, _ = server.call(audio["cancel"], "--speaker", "customer", "--speed", "2", "--id", "handed", "--agent", "ann", "--transfer", "1=ben,help", "--transfer", "1.5=ben,help")
    assert code == 0 and len(of_type(events, "call.agent")) == 1, of_type(events, "call.agent")
    handed = of_type(events, "call.agent")[0]
    assert (handed["agent"], handed["team"]) == ("ben", "help") and 900 <= handed["at_ms"] <= 1500, handed
    assert of_type(events, "utterance.final") and of_type(events, "cue.shown")
    assert [call["call"] for call in server.json("/v1/calls?agent=ben&team=help")["calls"]] == ["handed"]
    assert not server.json("/v1/calls?agent=ann")["calls"]
    told = sotto("policy", "explain", "--server", f"http://127.0.0.1:{server.port}", "handed")
    assert told.returncode == 0, told.stderr
    assert "SECONDS=AGENT" in sotto("call", audio["cancel"], "--transfer", "ben").stderr


def test_times_that_are_none_are_refused_and_those_behind_the_end_are_told(server, audio):
    at = ["--server", f"http://127.0.0.1:{server.port}", "--speed", "20"]
    for option, values in (("--pause", ("2-inf", "nan-2", "1e300-2e300", "0x1-0x2", "2-1", "1-1", "1-")),
                           ("--transfer", ("inf=bob", "1e300=bob", "nan=bob", "-1=bob", "3=", "3", "=bob", "3= bob", "3=a\x1b[31mb", "3=" + "x" * 300))):
        for value in values:
            told = sotto("call", audio["cancel"], *at, f"{option}={value}")
            assert told.returncode == 1 and f"{option} " in told.stderr and "\x1b" not in told.stderr, (option, value, told)
    assert "at most 100" in sotto("call", audio["cancel"], *at, *(f"--transfer={n}=a{n}" for n in range(101))).stderr
    assert "--speed is a number" in sotto("call", audio["cancel"], "--speed", "nan").stderr
    code, events, trouble = server.call(audio["cancel"], "--speed", "20", "--pause", "900-901", "--transfer", "900=ben")
    assert code == 0 and trouble.count("lies behind the end of the file") == 2 and not of_type(events, "call.agent"), trouble


def test_a_written_call_that_says_two_things_is_refused(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        tenant = pathlib.Path(folder) / "policies/acme"
        tenant.mkdir(parents=True)
        (tenant / "a.yaml").write_text("- { id: a, when: { phrase: hello }, then: { tag: t } }\n")
        for text, told in (("lines: [ { agent: hello, customer: hello } ]\n", "not both"),
                           ("lines: [ { agent: hello, at: 9 }, { agent: hello, at: 3 } ]\n", "before the one above"),
                           ("lines: [ { agent: hello, at: 9 } ]\nuntil: 3\n", "before the last line"),
                           ("lines: [ { agent: hello } ]\nexpect: [ a ]\nexpect: [ ]\n", '"expect" stands there twice'),
                           ('lines: [ { agent: "hello \\e[31m" } ]\n', "the character \\x1b"),
                           ('lines: [ { agent: hello } ]\nexpect: [ "a\\e[31m" ]\n', "the character \\x1b")):
            (tenant / "t.call").write_text(text)
            played = sotto("policy", "test", tenant)
            assert played.returncode == 1 and told in played.stdout + played.stderr and "\x1b" not in played.stdout, (text, played)
        (tenant / "t.call").unlink()
        os.mkfifo(tenant / "t.call")
        played = sotto("policy", "test", tenant)
        assert played.returncode == 1 and "is not a file" in played.stdout + played.stderr, played
        os.mkfifo(tenant / "b.yaml")
        checked = sotto("policy", "check", tenant)
        assert checked.returncode == 1 and "b.yaml" in checked.stdout + checked.stderr and "is not a file" in checked.stdout + checked.stderr, checked


def test_output_that_cannot_be_written_is_a_failure(server, audio):
    with tempfile.TemporaryDirectory() as folder:
        with open("/dev/full", "w") as full:
            for command in (["transcribe", audio["cancel"]], ["policy", "check", "config/policies/bank"], ["serve", "--print-config"]):
                done = subprocess.run([BIN, *command], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                assert done.returncode != 0 and "No space left" in done.stderr, (command, done)
        gone = subprocess.run(f"{BIN} serve --print-config | true", shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert not gone.stderr, gone.stderr
        examples = pathlib.Path(folder) / "good.tsv"
        examples.write_text("".join(f"words number {n}\tintent{n % 2}\n" for n in range(40)))
        before = examples.read_text()
        for out, why in ((examples, "the file of the examples"), ("/dev/null", "is not a file"), (f"{folder}/none/x.intents", "a folder that is not there"), (folder, "names no file")):
            done = sotto("train", "intents", examples, "--out", out)
            assert done.returncode == 1 and why in done.stderr, (out, done)
        assert examples.read_text() == before and pathlib.Path("/dev/null").is_char_device()


def test_characters_that_nobody_can_read_are_in_no_article(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        article = pathlib.Path(folder) / "fees.html"
        article.write_text("<h1>Fees</h1><h2>Fee</h2><p>The fee is 20&#27;[31m for each parcel.</p>")
        checked = sotto("knowledge", "check", article)
        assert checked.returncode == 1 and 'the character \\x1b, under "Fee"' in checked.stdout + checked.stderr, checked


NOTED_LOOK_UPS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
  FILE *file = fopen(getenv("NOTED"), "a");
  if (file) fprintf(file, "%s\\n", name ? name : ""), fclose(file);
  return real(name, service, hints, found);
}
"""


def test_nothing_is_reported_home(_, audio):
    with tempfile.TemporaryDirectory() as folder:
        noted, shim = pathlib.Path(folder) / "noted", f"{folder}/noted.so"
        (pathlib.Path(folder) / "noted.c").write_text(NOTED_LOOK_UPS)
        subprocess.run(["clang-19", "-shared", "-fPIC", "-o", shim, f"{folder}/noted.c", "-ldl"], check=True)
        watched = {**os.environ, "LD_PRELOAD": shim, "NOTED": str(noted)}
        # The counter-figure: a look-up is noted.
        subprocess.run([sys.executable, "-c", "import socket; socket.getaddrinfo('localhost', 80)"], env=watched, check=True)
        assert noted.read_text() == "localhost\n"
        noted.unlink()
        heard = subprocess.run([BIN, "transcribe", audio["cancel"]], cwd=ROOT, env=watched, capture_output=True, text=True, timeout=120)
        assert "contract" in heard.stdout.lower(), heard.stderr
        with Server(prefix=["env", f"LD_PRELOAD={shim}", f"NOTED={noted}"]) as server:
            code, events, _ = server.call(audio["cancel"], "--speaker", "customer", "--speed", "4")
            assert code == 0 and of_type(events, "utterance.final")
            server.stop()
        names = set(noted.read_text().split()) if noted.exists() else set()
        assert names <= {"127.0.0.1", "localhost"}, names


if __name__ == "__main__":
    sys.exit(run_with_audio(globals(), speech))
