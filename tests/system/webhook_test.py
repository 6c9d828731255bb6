#!/usr/bin/env python3
"""Webhooks (docs/webhooks.md) of the real program: signed, tried again, given up, sent after a restart; no words, no secret where none belong."""
import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from harness import BIN, ROOT, Server, Socket, free_port, of_type, packet, render, closing_line, run_tests, start_message

SAID = "Please close my contract. I do not want it any longer."


def sotto(*args):
    return subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=60)


# As in docs/webhooks.md.
def good(headers, body: bytes, secret: str) -> bool:
    signed = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.'.encode() + body
    mac = base64.b64encode(hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(hmac.compare_digest(given, "v1," + mac) for given in headers["webhook-signature"].split())


class Receiver:
    """Answers with what `answers` holds, one after the other, then 204: a status, (status, header, value), or "hang"."""

    def __init__(self, *answers, tls=None, port=0):
        self.answers, self.got = list(answers), []
        self.stopping = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append((time.monotonic(), self.path, self.headers, body))
                answer = outer.answers.pop(0) if outer.answers else 204
                if answer == "hang":
                    outer.stopping.wait(60)
                    return
                status, *header = answer if isinstance(answer, tuple) else (answer,)
                self.send_response(status)
                if header:
                    self.send_header(*header)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # clients that hang up
                pass

        self.server = Quiet(("127.0.0.1", port), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=10.0):
        deadline = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.got) >= count, f"{len(self.got)} of {count} posts came"
        return self.got

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()


class World:
    """A folder with a tenant `acme`, one rule and a server that knows the receivers: {name: (url, more keys)}."""

    def __init__(self, then, webhooks, when="{ elapsed: 1s }"):
        self.folder = tempfile.TemporaryDirectory()
        self.at = pathlib.Path(self.folder.name)
        self.rules = self.at / "policies/acme/service.yaml"
        self.rules.parent.mkdir(parents=True)
        (self.at / "knowledge").mkdir()
        self.rules.write_text(f"- id: told\n  when: {when}\n  then: {then}\n")
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        (self.at / "secret").write_text(self.secret + "\n")
        self.settings = f"policies: {self.at}/policies\nknowledge: {self.at}/knowledge\nwebhooks:\n"
        for name, (url, more) in webhooks.items():
            self.settings += f"  {name}: {{ url: '{url}', secret_file: {self.at}/secret{more} }}\n"
        self.server = Server(settings=self.settings)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, kind, *_):
        log = self.server.log.read_text()
        self.server.__exit__()
        self.folder.cleanup()
        if kind:
            print(log[-3000:])
        assert self.secret.removeprefix("whsec_") not in log and "/hook/s3cret" not in log

    def fire(self, call="c1", end=True):
        """A call of 2 s of silence, in which the rule of time fires."""
        source = Socket(self.server, "/v1/ingest")
        source.send(start_message(call, tenant="acme"))
        assert source.until(lambda m: m["type"] == "started")
        for first in range(0, 16000, 1600):
            for track in (0, 1):
                source.send(packet(track, first, b"\xff" * 1600))
        time.sleep(0.3)
        if end:
            source.send({"type": "end"})
            assert source.until(lambda m: m["type"] == "ended"), "the call ends, whatever the receiver does"
        return source

    def metric(self, name):
        text = self.server.http("GET", "/metrics")[1]
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " ") or line.startswith(name + "{"))

    def log_has(self, word, seconds=5.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if word in self.server.log.read_text():
                return True
            time.sleep(0.05)
        return False


def crm(receiver, more="", scheme="http"):
    return {"crm": (f"{scheme}://127.0.0.1:{receiver.port}/hook/s3cret?x=1", more)}


def test_what_a_rule_says_is_posted_and_signed(_):
    with contextlib.closing(Receiver()) as receiver, World("{ tag: late, alert: { severity: info, message: Look }, webhook: crm }", crm(receiver)) as world:
        world.fire()
        _, path, headers, body = receiver.wait(1)[0]
        assert path == "/hook/s3cret?x=1" and headers["content-type"].startswith("application/cloudevents+json")
        assert good(headers, body, world.secret) and not good(headers, body + b" ", world.secret)
        event = json.loads(body)
        assert event["id"] == headers["webhook-id"] and event["subject"] == "c1" and event["tenant"] == "acme"
        assert event["data"]["policy"] == "told" and event["data"]["tags"] == ["late"] and event["data"]["alert"]["message"] == "Look"
        file = world.at / "posted.json"
        file.write_bytes(body)
        checked = subprocess.run(["/usr/bin/python3", "-W", "ignore", "-m", "jsonschema", "-i", file, ROOT / "docs/schemas/rule.fired.json"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        stored = world.server.events("c1")
        requested = of_type(stored, "webhook.requested")
        assert [one["id"] for one in requested] == [event["id"]] and requested[0]["webhook"] == "crm"
        (world.at / "delta").write_text(json.dumps({"type": "delta", "cursor": "1", "sent_us": 0, "events": stored}))
        checked = subprocess.run(["/usr/bin/python3", ROOT / "tests/system/schema_check.py", world.at / "delta"], capture_output=True, text=True)
        assert checked.returncode == 0 and "webhook.requested" in checked.stdout, checked.stdout + checked.stderr
        time.sleep(0.5)
        assert world.metric("sotto_webhooks_delivered_total") == 1 and world.metric("sotto_webhooks_waiting") == 0


def test_words_are_sent_only_where_they_are_asked_for(audio):
    with contextlib.closing(Receiver()) as receiver, contextlib.closing(Receiver()) as plain:
        webhooks = crm(receiver, ", words: true") | {"plain": (f"http://127.0.0.1:{plain.port}/", "")}
        with World("{ webhook: [crm, plain] }", webhooks, "{ phrase: contract }") as world:
            assert world.server.call(audio, "--tenant", "acme", "--speaker", "customer", "--speed", "2")[0] == 0
            said, silent = receiver.wait(1)[0][3].decode(), plain.wait(1)[0][3].decode()
            assert "contract" in json.loads(said)["data"]["text"].lower()
            assert "contract" not in silent.lower() and json.loads(silent)["data"]["speaker"] == "customer"
            assert json.loads(said)["id"] != json.loads(silent)["id"]
            assert "contract" not in world.server.log.read_text().lower()


def test_a_failure_is_tried_again_with_the_same_id(_):
    with contextlib.closing(Receiver(500, (429, "Retry-After", "3"))) as receiver, World("{ webhook: crm }", crm(receiver)) as world:
        world.fire()
        tries = receiver.wait(3, 15)
        assert len({headers["webhook-id"] for _, _, headers, _ in tries}) == 1
        assert all(good(headers, body, world.secret) for _, _, headers, body in tries)
        first, second = tries[1][0] - tries[0][0], tries[2][0] - tries[1][0]
        assert 0.45 < first < 2 and 3 <= second + 0.02 < 6, (first, second)
        assert world.log_has("takes requests again")
        assert world.metric("sotto_webhook_tries_failed_total") == 2 and world.metric("sotto_webhooks_delivered_total") == 1


def test_what_is_refused_is_given_up_at_once(_):
    with contextlib.closing(Receiver(400, 410)) as receiver, World("{ webhook: crm }", crm(receiver)) as world:
        world.fire("c1")
        receiver.wait(1)
        assert world.log_has("of call c1, rule told, given up after 1 tries: status 400")
        world.fire("c2")
        assert world.log_has("of call c2, rule told, given up after 1 tries: status 410")
        world.fire("c3")
        receiver.wait(3)
        assert world.metric("sotto_webhooks_given_up_total") == 2
        world.server.stop()
        world.server.start()
        time.sleep(1.5)
        calls = [json.loads(body)["subject"] for _, _, _, body in receiver.got]
        assert calls == ["c1", "c2", "c3"], calls


def test_a_mistake_in_between_is_waited_for(_):
    """A log-in page, a wrong secret, a deployment: redirections are not followed, but tried again."""
    with contextlib.closing(Receiver((302, "Location", "http://127.0.0.1:1/"), 401)) as receiver, World("{ webhook: crm }", crm(receiver)) as world:
        world.fire("c1")
        receiver.wait(3, 15)
        assert world.log_has("webhook crm: status 302; tried again")
        assert world.log_has("the receiver takes requests again")


def test_what_is_left_is_sent_after_a_kill_and_after_a_stop(_):
    for how in (signal.SIGKILL, signal.SIGTERM):
        with contextlib.closing(Receiver("hang", "hang")) as receiver, World("{ webhook: crm }", crm(receiver)) as world:
            live = world.fire("c1", end=False)
            world.fire("c2")  # ends while the receiver hangs
            receiver.wait(2)
            began = time.monotonic()
            world.server.stop(how)
            assert time.monotonic() - began < 5
            live.close()
            world.server.start()
            assert world.log_has("webhook crm: 2 requests of an earlier run are sent now")
            receiver.wait(4)
            time.sleep(1)
            ids = [headers["webhook-id"] for _, _, headers, _ in receiver.got]
            assert len(ids) == 4 and sorted(ids[:2]) == sorted(ids[2:]), ids
            world.server.stop(how)
            world.server.start()
            time.sleep(1)
            assert len(receiver.got) == 4, "delivered is delivered"


def test_a_receiver_that_is_not_there_yet_gets_it_later(_):
    port = free_port()
    with World("{ webhook: crm }", {"crm": (f"http://127.0.0.1:{port}/", "")}) as world:
        world.fire()
        assert world.log_has("webhook crm: connecting: Connection refused; tried again")
        assert world.metric("sotto_webhooks_waiting") == 1
        with contextlib.closing(Receiver(port=port)) as receiver:
            receiver.wait(1)


def test_the_certificate_must_be_good(_):
    with tempfile.TemporaryDirectory() as folder:
        tls = (f"{folder}/tls.crt", f"{folder}/tls.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-out", tls[0], "-keyout", tls[1]], check=True, capture_output=True)
        with contextlib.closing(Receiver(tls=tls)) as receiver:
            with World("{ webhook: crm }", crm(receiver, f", authorities: {tls[0]}", "https")) as world:
                world.fire()
                _, _, headers, body = receiver.wait(1)[0]
                assert good(headers, body, world.secret)
            with World("{ webhook: crm }", crm(receiver, scheme="https")) as world:
                world.fire()
                assert world.log_has("webhook crm: TLS: ") and len(receiver.got) == 1
            other = {"crm": (f"https://localhost:{receiver.port}/", f", authorities: {tls[0]}")}
            with World("{ webhook: crm }", other) as world:
                world.fire()
                assert world.log_has("webhook crm: TLS: ") and len(receiver.got) == 1, "the certificate is for another name"


def test_a_name_that_is_not_configured_is_warned_of_and_the_rest_works(_):
    with contextlib.closing(Receiver()) as receiver, World("{ webhook: [crm, nobody], tag: late }", crm(receiver)) as world:
        assert world.log_has(f"{world.rules}:1: rule told: webhook nobody is not in the server's configuration; the rest of the rule works")
        world.fire()
        receiver.wait(1)
        events = world.server.events("c1")
        assert [one["webhook"] for one in of_type(events, "webhook.requested")] == ["crm"] and of_type(events, "call.tagged")
        config = world.at / "c.yaml"
        config.write_text(world.settings)
        checked = sotto("policy", "check", world.rules.parent, "--config", config)
        assert checked.returncode == 1 and f"{world.rules}:1: rule told: webhook nobody" in checked.stderr, checked.stderr
        assert sotto("policy", "check", world.rules.parent).returncode == 0
        config.write_text(world.settings + "  nobody: { url: 'https://example.com/', secret_file: " + str(world.at / "secret") + ", tenants: [bank] }\n")
        checked = sotto("policy", "check", world.rules.parent, "--config", config)
        assert "webhook nobody is not for tenant acme" in checked.stderr, checked.stderr


def test_settings_are_checked_and_printed_without_secrets(_):
    with contextlib.closing(Receiver()) as receiver:
        world = World("{ webhook: crm }", crm(receiver))
        config = world.at / "c.yaml"
        config.write_text(world.settings)
        assert sotto("serve", "--config", config, "--check-config").returncode == 0
        printed = sotto("serve", "--config", config, "--print-config").stdout
        assert f'crm: {{url: "http://127.0.0.1:{receiver.port}/...", secret_file: "' in printed, printed
        assert world.secret not in printed and "s3cret" not in printed
        config.write_text(world.settings.replace("127.0.0.1", "crm.example.com"))
        refused = sotto("serve", "--config", config, "--check-config")
        assert refused.returncode == 2 and f"{config}:4: webhook crm: url must be https://" in refused.stderr, refused.stderr
        (world.at / "secret").write_text("not-a-secret\n")
        config.write_text(world.settings)
        refused = sotto("serve", "--config", config, "--check-config")
        assert refused.returncode == 2 and "openssl rand" in refused.stderr and "not-a-secret" not in refused.stderr, refused.stderr
        world.folder.cleanup()


def main() -> int:
    os.chdir(pathlib.Path(__file__).parent)
    with tempfile.TemporaryDirectory() as folder:
        audio = render(folder, [{"id": "cancel", "voice": "awb", "text": SAID}])[0]
        passed, failed = run_tests(globals(), audio, wanted=sys.argv[1:])
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
