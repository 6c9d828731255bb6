#!/usr/bin/env python3
"""Who connects: sockets that say nothing or drip, malformed and hostile requests, hosts behind proxies, floods without a token."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

from harness import BIN, ROOT, Server, Skip, Socket, closing_line, run_tests, start_message

TOKEN = "a-token-of-more-than-twenty-letters"


def raw(server, request, seconds=13.0, drip=None):
    """What comes back until the server closes: (status or None, text, seconds it took)."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as tcp:
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            if drip:
                for byte in request:
                    tcp.sendall(bytes([byte]))
                    tcp.settimeout(drip)
                    with contextlib.suppress(TimeoutError):
                        piece = tcp.recv(65536)
                        answer += piece
                        if not piece:
                            break
                    if time.monotonic() - began > seconds:
                        break
            else:
                tcp.sendall(request)
            tcp.settimeout(max(0.1, seconds - (time.monotonic() - began)))
            while piece := tcp.recv(65536):
                answer += piece
                tcp.settimeout(max(0.1, seconds - (time.monotonic() - began)))
    took = time.monotonic() - began
    text = answer.decode(errors="replace")
    return (int(text.split(" ")[1]) if text.startswith("HTTP/") else None), text, took


def request(server, method="GET", target="/healthz", headers=(), body=b"", host=None):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or f'127.0.0.1:{server.port}'}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def upgrade(server, path="/v1/ingest", key="dGhlIHNhbXBsZSBub25jZQ==", headers=(), host=None):
    return request(server, "GET", path, ["Upgrade: websocket", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers], host=host).replace(b"Connection: close", b"Connection: Upgrade")


# --- who says nothing, or drips ---

def test_whoever_says_nothing_or_drips_is_closed_or_answered_within_12_s(server):
    tries = {"nothing": (b"", None), "half a line": (b"GET /healthz HT", None), "a dripping head": (request(server) * 3, 0.4), "no end of head": (b"GET / HTTP/1.1\r\nHost: a\r\n", None),
             "a body that does not come": (request(server, "POST", "/v1/tickets", ["Content-Length: 20"]), None),
             "a dripping body": (request(server, "POST", "/v1/tickets", ["Content-Length: 100"], b"x" * 100), 0.15)}
    with concurrent.futures.ThreadPoolExecutor(len(tries)) as pool:
        def one(name):
            data, drip = tries[name]
            return name, raw(server, data, 14, drip)[2]
        for name, took in pool.map(one, tries):
            assert took <= 12, f"{name}: {took:.1f} s"


def test_a_body_that_is_waited_for_is_asked_for(server):
    body = json.dumps({"call": "nobody"}).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=12) as tcp:
        tcp.sendall(request(server, "POST", "/v1/tickets", ["Expect: 100-continue", f"Content-Length: {len(body)}"]))
        assert tcp.recv(4096).startswith(b"HTTP/1.1 100")
        tcp.sendall(body)
        assert tcp.recv(4096).startswith(b"HTTP/1.1 409")
    status, _, took = raw(server, request(server, "POST", "/v1/tickets", ["Expect: 100-continue", "Content-Length: 900000"]))
    assert status == 413 and took < 2, "what is too large is refused before it is sent"


def test_a_hundred_idle_connections_change_no_call(server):
    idle = []
    for _ in range(100):
        tcp = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        tcp.sendall(request(server).replace(b"Connection: close", b"Connection: keep-alive"))
        assert tcp.recv(4096).startswith(b"HTTP/1.1 200")
        idle.append(tcp)
    source = Socket(server, "/v1/ingest")
    source.send(start_message("beside-the-idle"))
    assert source.receive()["type"] == "started"
    source.send({"type": "end"})
    assert source.until(lambda m: m["type"] == "ended")
    for tcp in idle:
        tcp.close()


# --- RFC 9112, 9110, 6455 ---

def test_malformed_requests_are_answered_by_their_kind(server):
    port = server.port
    long_id = "x" * 10_000
    wanted = [
        (b"GET /healthz HTTP/1.1\r\n\r\n", {400}), (f"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode(), {400}),
        (f"GET healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode(), {400}), (b"NONSENSE\r\n\r\n", {400}), (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", {400, 505}),
        (request(server, "DELETE", "/v1/calls"), {405}), (request(server, "POST", "/healthz"), {405}), (request(server, "PUT", "/index.html"), {405}), (request(server, "GET", "/v1/tickets"), {405}),
        (request(server, "GET", f"/v1/calls/{long_id}"), {404, 414}), (request(server, "GET", "/v1/calls/%"), {400}), (request(server, "GET", "/v1/calls/%ff"), {400}), (request(server, "GET", "/v1/calls/a%00b"), {400}),
        (request(server, "GET", "/v1/nothing"), {404}), (request(server, "GET", "/v1/ingest"), {426}),
        (request(server, "POST", "/v1/tickets", ["Content-Length: 20"], b'{"call":"a\\u0000b"}\n'), {400}),
        (request(server, "POST", "/v1/tickets", ["Transfer-Encoding: identity"], b"{}"), {400, 501}), (request(server, "POST", "/v1/tickets", ["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n"), {400, 501}),
        (request(server, "GET", "/healthz", [f"X-Long: {'y' * 40_000}"]), {431}),
        (upgrade(server, key="c2hvcnQ="), {400}), (upgrade(server, key="dGhlIHNhbXBsZSBub25jZWVlZWU="), {400}), (upgrade(server, path="/v1/calls"), {404}),
    ]
    for data, statuses in wanted:
        status, text, took = raw(server, data, 12)
        assert status in statuses and took < 3, f"{data[:80]!r}: {status}, {took:.1f} s, {text[:200]}"
    assert "Allow: GET" in raw(server, request(server, "DELETE", "/v1/calls"))[1]
    assert raw(server, upgrade(server), 1)[0] == 101


def test_head_is_answered_like_get_without_a_body_and_the_connection_goes_on(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as tcp:
        tcp.sendall(f"HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := tcp.recv(4096):
            answer += piece
    first, second = answer.decode().split("HTTP/1.1 200 OK")[1:]
    assert "Content-Length: 3" in first and first.endswith("\r\n\r\n"), first
    assert second.endswith("ok\n"), second


def test_answers_with_words_of_calls_are_not_kept_by_anybody(server):
    text = raw(server, request(server, "GET", "/v1/calls"))[1]
    assert "Cache-Control: no-store" in text and "Cross-Origin-Resource-Policy: same-origin" in text
    page = raw(server, request(server, "GET", "/"))[1]
    policy = re.search(r"Content-Security-Policy: (.*)\r", page).group(1)
    assert "ws:" not in policy and "base-uri 'none'" in policy and "object-src 'none'" in policy and "form-action" in policy, policy


def test_ids_of_the_systems_around_us_are_taken_and_found_again(server):
    for call in ["4f1c@sip.example.com", "mara.lee@acme.example", "CONTOSO\\mlee", "arn:aws:connect:eu-west-2:123:instance/abc/contact/7", "Billing & Returns", "sip:1001", "caf\u00e9 #1?", "..%2f..%2fetc"]:
        source = Socket(server, "/v1/ingest")
        source.send(start_message(call, agent="CONTOSO\\mlee", team="Billing & Returns"))
        started = source.receive()
        assert started["type"] == "started" and started["call"] == call, started
        source.send({"type": "end"})
        assert source.until(lambda m: m["type"] == "ended")
        status, text = server.http("GET", f"/v1/calls/{quote(call, safe='')}/events")
        assert status == 200 and json.loads(text)["call"] == call, (call, status, text[:200])
        assert json.loads(server.http("GET", f"/v1/calls/{quote(call, safe='')}")[1])["info"]["team"] == "Billing & Returns"
    for bad, word in [("", "1 to"), ("x" * 300, "1 to"), ("a\nb", "control"), (" a", "space"), (17, "string"), ("a\u202eb", "control")]:
        source = Socket(server, "/v1/ingest")
        source.send(start_message(bad))
        refused = source.receive()
        assert refused["type"] == "error" and word in refused["message"], (bad, refused)


def test_metadata_is_small_flat_and_of_simple_values(server):
    for metadata in [{"title": {"a": 1}}, {"title": ["x"]}, {"x": "y" * 5000}, {f"k{i}": "v" * 50 for i in range(100)}, "text"]:
        source = Socket(server, "/v1/ingest")
        source.send(start_message("with-metadata", metadata=metadata))
        refused = source.receive()
        assert refused["type"] == "error" and "metadata" in refused["message"], refused
    assert server.http("GET", "/v1/calls/with-metadata")[0] == 404


# --- behind a proxy ---

def test_hosts_are_compared_as_the_rfc_says_and_the_log_names_the_header(_):
    with Server(args=["--token", TOKEN], settings="allowed_hosts: [calls.example.org, 'other.example.org:8443']\n") as server:
        def ask(host, origin):
            return raw(server, upgrade(server, "/v1/subscribe", host=host, headers=[f"Origin: {origin}"] if origin else []), 0.5)[0]
        good = [("calls.example.org", "https://calls.example.org"), ("CALLS.example.org", "https://calls.example.org"), ("calls.example.org:443", "https://calls.example.org"),
                ("other.example.org", "https://other.example.org:8443"), (f"127.0.0.1:{server.port}", "https://calls.example.org"), ("calls.example.org.", "https://calls.example.org"), ("calls.example.org", None)]
        for host, origin in good:
            assert ask(host, origin) == 101, (host, origin)
        for host, origin in [("calls.example.org", "https://evil.example"), ("evil.example", None), ("calls.example.org", "https://calls.example.org:9000"), ("other.example.org:8443", "http://other.example.org:8444"), ("calls.example.org", "null")]:
            assert ask(host, origin) == 403, (host, origin)
        log = server.log.read_text()
        assert 'header Host is "evil.example"' in log and 'header Origin is "https://evil.example"' in log, log


def test_the_headers_of_a_load_balancer_are_no_trouble(_):
    with Server(args=["--token", TOKEN], settings="allowed_hosts: [calls.example.org]\n") as server:
        added = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Port: 443", "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678"]
        assert raw(server, upgrade(server, "/v1/subscribe", host="calls.example.org", headers=["Origin: https://calls.example.org", *added]), 0.5)[0] == 101
        assert raw(server, request(server, "GET", "/v1/calls", [f"Authorization: Bearer {TOKEN}", *added], host="calls.example.org"))[0] == 200
        assert raw(server, request(server, "GET", "/readyz", ["User-Agent: ELB-HealthChecker/2.0"], host=f"127.0.0.1:{server.port}"))[0] == 200
        forged = ["X-Forwarded-Host: calls.example.org", "Forwarded: host=calls.example.org"]
        assert raw(server, request(server, "GET", "/v1/calls", [f"Authorization: Bearer {TOKEN}", *forged], host="evil.example"))[0] == 403


# --- floods without a token ---

def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


@contextlib.contextmanager
def many_sockets(server, count, first=b""):
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    sockets = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            tcp = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            tcp.setblocking(False)
            if first:
                with contextlib.suppress(OSError):
                    tcp.send(first)
            sockets.append(tcp)
    yield sockets
    for tcp in sockets:
        tcp.close()


def test_whoever_opens_a_thousand_sockets_takes_no_rule_out_of_force(_):
    with Server(args=["--token", TOKEN]) as server:
        authorised = {"Authorization": f"Bearer {TOKEN}"}
        with many_sockets(server, 1050):
            time.sleep(2.5)  # the policies are looked at each second
            source = Socket(server, "/v1/ingest", f"Authorization: Bearer {TOKEN}\r\n")
            source.send(start_message("beside-the-flood"))
            assert source.receive()["type"] == "started", "a source with the token finds a place"
            assert server.http("GET", "/v1/calls", headers=authorised)[0] == 200
        assert "0 rules" not in server.log.read_text(), server.log.read_text()
        metrics = server.http("GET", "/metrics", headers=authorised)[1]
        assert float(re.search(r"^sotto_connections (\d+)", metrics, re.M).group(1)) <= 300


def test_bodies_of_whoever_has_no_token_are_not_read(_):
    with Server(args=["--token", TOKEN]) as server:
        before = resident_mib(server.process.pid)
        body = b"x" * (1024 * 1024 - 1)
        head = request(server, "POST", "/v1/tickets", [f"Content-Length: {len(body)}"])
        with many_sockets(server, 800, head + body):
            time.sleep(1)
            assert resident_mib(server.process.pid) - before < 64
        assert server.http("GET", "/healthz")[0] == 200


def test_wrong_tokens_are_slowed_counted_and_told_once(_):
    with Server(args=["--token", TOKEN]) as server:
        began = time.monotonic()
        for _ in range(4):
            status, text, _ = raw(server, request(server, "GET", "/v1/calls", ["Authorization: Bearer wrong"]))
            assert status == 401 and "WWW-Authenticate: Bearer" in text
        assert time.monotonic() - began > 1.5
        assert raw(server, request(server, "GET", "/v1/calls", [f"Authorization: bearer {TOKEN}"]))[0] == 200
        assert server.log.read_text().count("refused 127.0.0.1") == 1
        assert "sotto_unauthorized_total 4" in server.http("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})[1]


# --- the process ---

def test_secrets_are_not_shown_and_a_log_reader_that_goes_ends_nothing(_):
    with Server() as other:
        port = other.port
    reader, writer = os.pipe()
    process = subprocess.Popen([BIN, "serve", "--listen", f"127.0.0.1:{port}", "--data", other.folder.name + "-pipe", "--token", TOKEN], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    os.close(reader)
    try:
        deadline = time.monotonic() + 20
        other.process = process
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if other.http("GET", "/readyz")[0] == 200:
                    break
            assert process.poll() is None, f"the server ended with {process.returncode}"
            time.sleep(0.05)
        assert other.http("GET", "/v1/calls", headers={"Host": "evil.example"})[0] == 403  # a line of log that nobody reads
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert process.poll() is None and other.http("GET", "/healthz")[0] == 200
        assert TOKEN not in pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
        assert re.search(r"Max core file size +0 +0 ", pathlib.Path(f"/proc/{process.pid}/limits").read_text())
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(other.folder.name + "-pipe", ignore_errors=True)


def test_readiness_says_what_is_missing(_):
    server = Server(settings=f"policies: {ROOT}/tests/system\nknowledge: /nowhere\n")
    try:
        with contextlib.suppress(RuntimeError):
            server.start()
        assert server.process.poll() is None, server.log.read_text()
        status, text = server.http("GET", "/readyz")
        assert status == 503 and "no tenant has rules" in text, (status, text)
        assert server.http("GET", "/healthz")[0] == 200
    finally:
        server.stop(signal.SIGKILL)
        server.folder.cleanup()


def test_a_silent_name_server_holds_no_stop_up(_):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, contextlib.ExitStack() as stack:
        try:
            silent.bind(("127.0.0.77", 53))
        except OSError as why:
            raise Skip(f"no name server can be played here: {why}") from why
        resolver = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory())) / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.77\noptions timeout:30 attempts:5\n")
        if subprocess.run(["unshare", "-m", "mount", "--bind", str(resolver), "/etc/resolv.conf"], capture_output=True).returncode != 0:
            raise Skip("no right to give a process a name server of its own")
        settings = "region: eu\nrecognisers: [{name: far, url: 'wss://stt.example.com/v1/listen', region: eu}]\nchains: [{tenant: demo, use: [far, local]}]\n"
        server = stack.enter_context(Server(settings=settings, prefix=["unshare", "-m", "bash", "-c", f'mount --bind {resolver} /etc/resolv.conf && exec "$0" "$@"']))
        source = Socket(server, "/v1/ingest")
        source.send(start_message("nobody-answers"))
        assert source.receive()["type"] == "started"
        time.sleep(1)
        began = time.monotonic()
        server.stop(signal.SIGTERM)
        assert time.monotonic() - began < 5


def test_beyond_this_machine_a_token_must_be_long(_):
    refused = subprocess.run([BIN, "serve", "--listen", "0.0.0.0:0", "--token", "x"], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert refused.returncode == 2 and "at least 20" in refused.stderr, refused.stderr


if __name__ == "__main__":
    with Server() as shared:
        passed, failed = run_tests(globals(), shared, wanted=sys.argv[1:])
    print(closing_line(passed, failed))
    sys.exit(1 if failed else 0)
