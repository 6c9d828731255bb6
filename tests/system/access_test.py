#!/usr/bin/env python3
"""Who may do what: every route of docs/openapi.yaml (which is made from the server's own table) by every role, and by another tenant."""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import yaml

from harness import BIN, ROOT, Server, Socket, closing_line, packet, run_tests, start_message

ROUTES = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())["paths"]
ROLES = ["source", "agent", "supervisor", "author", "admin", "auditor", "metrics", "service"]
TENANTS = ["acme", "bank"]
# A call of acme: nothing that bank is told may hold it.
LIVE, ENDED, NOBODY = "acme-canary-live", "acme-canary-ended", "acme-nobody"
GIVEN = {"call": LIVE, "demo": "canary-demo", "item": "an-item", "label": "name"}
SAMPLES = {"boolean": True, "integer": 1, "array": ["some text"]}


def token(tenant, role):
    return f"token-of-{tenant}-{role}-for-tests"


def settings_of(folder, tenants=TENANTS):
    """A token for every role of each tenant, one for a team, and a folder with a demo of acme's."""
    tokens = []
    for tenant in tenants:
        for role in ROLES:
            (folder / f"{tenant}-{role}").write_text(token(tenant, role) + "\n")
            tokens.append({"token_file": str(folder / f"{tenant}-{role}"), "tenant": tenant, "roles": [role]})
    (folder / "sales").write_text("token-of-the-sales-team\n")
    tokens.append({"token_file": str(folder / "sales"), "tenant": "acme", "team": "sales", "roles": ["supervisor"]})
    demos = folder / "demos"
    demos.mkdir()
    subprocess.run(["sox", "-n", "-r", "8000", "-b", "16", "-c", "2", str(demos / "canary-demo.wav"), "trim", "0", "1"], check=True)
    (demos / "canary-demo.truth.json").write_text('{"title": "a canary", "tenant": "acme", "duration_ms": 1000}')
    return json.dumps({"tokens": tokens, "demos": str(demos)})


@contextlib.contextmanager
def world():
    with tempfile.TemporaryDirectory() as folder, Server(settings=settings_of(pathlib.Path(folder))) as server:
        yield server


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def ingest(server, text):
    return Socket(server, "/v1/ingest", f"Authorization: Bearer {text}\r\n")


def live_call(server, call=LIVE, **over):
    source = ingest(server, token("acme", "source"))
    source.send(start_message(call, tenant="acme", **over))
    started = source.receive()
    assert started["type"] == "started", started
    source.send(packet(0, 0, b"\xff" * 160))
    source.resume = started["resume"]
    deadline = time.monotonic() + 10  # until it is stored, and so listed
    while call not in listed(server, bearer(token("acme", "auditor"))):
        assert time.monotonic() < deadline, f"{call} is never listed"
        time.sleep(0.02)
    return source


def listed(server, authorization):
    return [call["call"] for call in json.loads(server.http("GET", "/v1/calls", headers=authorization)[1])["calls"]]


def end(source):
    source.send({"type": "end"})
    assert source.until(lambda m: m["type"] == "ended")


def operations():
    """(method, path, the roles that may; None: whoever comes, the schema of its body)"""
    for path, methods in ROUTES.items():
        for method, operation in methods.items():
            roles = [role for one in operation["security"] for role in one["bearer"]]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield method.upper(), path, roles or None, body


def filled(path, body, **given):
    """An address and a body that have what is given, and samples of the rest: (address, body as text)."""
    given = GIVEN | given
    for name in re.findall(r"{(\w+)}", path):
        assert name in given, f"{path}: tell this test what {{{name}}} may be"
        path = path.replace("{" + name + "}", given[name])
    sent = None
    if body:
        wanted = {name: of for name, of in body["properties"].items() if of["type"] != "array" or name in body.get("required", [])}
        sent = json.dumps({name: given.get(name, SAMPLES.get(of["type"], "some text")) for name, of in wanted.items()})
    return path, sent


def ask(server, method, path, body, authorization, **given):
    path, sent = filled(path, body, **given)
    return server.http(method, path + ("?reason=a+test" if method == "DELETE" else ""), sent, authorization)


def test_every_route_takes_the_roles_it_names_and_no_other(_):
    with world() as server:
        checked = 0
        for method, path, roles, body in operations():
            status, text = ask(server, method, path, body, {})
            assert (status == 401) == (roles is not None), (method, path, status)
            for role in ROLES:
                # Of nobody's call, so that nothing happens to one.
                status, text = ask(server, method, path, body, bearer(token("acme", role)), call=NOBODY, demo="none")
                assert status != 401, (method, path, role)
                assert (status == 403) == (roles is not None and role not in roles), (method, path, role, status, text)
                if status == 403:
                    assert json.loads(text)["error"]["code"] == "forbidden"
                checked += 1
        assert checked >= 100, checked


def test_every_route_answers_another_tenant_as_if_nothing_were_there(_):
    with world() as server:
        end(live_call(server, ENDED))
        source = live_call(server)
        told = 0
        for method, path, roles, body in operations():
            for role in roles or []:
                stranger = bearer(token("bank", role))
                for call in (LIVE, ENDED):
                    theirs = ask(server, method, path, body, stranger, call=call)
                    nothing = ask(server, method, path, body, stranger, call=NOBODY, demo="none")
                    same = theirs[1].replace(call, "?").replace("canary-demo", "?"), nothing[1].replace(NOBODY, "?").replace("none", "?")
                    if "metrics" not in path:
                        assert theirs[0] == nothing[0] and same[0] == same[1], (method, path, role, theirs, nothing)
                    assert "{" in path or body or "canary" not in theirs[1], (method, path, role, theirs)
                    told += 1
        assert told >= 50, told
        # Nothing happened to it, and its own people see it.
        acme = bearer(token("acme", "agent"))
        view = json.loads(server.http("GET", f"/v1/calls/{LIVE}", headers=acme)[1])
        assert view["status"] == "live" and not view.get("paused"), view
        types = [event["type"] for event in json.loads(server.http("GET", f"/v1/calls/{LIVE}/events", headers=acme)[1])["events"]]
        assert "sotto.call.paused" not in types, types
        source.close()


def test_a_call_that_is_handed_over_is_the_other_teams(_):
    with world() as server:
        source = live_call(server, team="sales")
        sales, house = bearer("token-of-the-sales-team"), bearer(token("acme", "supervisor"))
        followers = []
        for authorization in (sales, house):
            ticket = json.loads(server.http("POST", "/v1/tickets", json.dumps({"call": LIVE}), authorization)[1])["ticket"]
            followers.append(Socket(server, "/v1/subscribe"))
            followers[-1].send({"type": "subscribe", "ticket": ticket})
            assert followers[-1].receive()["type"] == "snapshot"
        source.send({"type": "transfer", "agent": "ben", "team": "help"})
        handed = lambda message: any(event["type"] == "sotto.call.agent" for event in message.get("events", []))
        for follower in followers:
            assert follower.until(handed), "both learn of it"
        assert followers[0].until(lambda _: False) is None and (followers[0].close_code, followers[0].close_reason) == (1008, "handed_over")
        assert followers[1].until(lambda message: message["type"] == "beat"), "the house follows on"
        assert LIVE not in listed(server, sales) and LIVE in listed(server, house)
        assert server.http("GET", f"/v1/calls/{LIVE}", headers=sales)[0] == 404
        assert server.http("POST", "/v1/tickets", json.dumps({"call": LIVE}), sales)[0] == 409
        source.close()


def test_every_route_serves_its_own_tenant(_):
    with world() as server:
        source = live_call(server)
        last = [(method, path, roles, body) for method, path, roles, body in operations() if roles]
        last.sort(key=lambda operation: operation[1].endswith("/stop"))
        # No articles, no such item, an event without words; a live call is stopped before it is erased.
        expected = {"POST /v1/calls/{call}/ask": 404, "POST /v1/calls/{call}/checklist/{item}": 404, "GET /v1/ingest": 426,
                    "POST /v1/calls/{call}/redactions": 400, "DELETE /v1/calls/{call}": 409}
        for method, path, roles, body in last:
            status, text = ask(server, method, path, body, bearer(token("acme", roles[0])))
            assert status == expected.get(f"{method} {path}", 201 if path.endswith(("tickets", "play")) else 200), (method, path, status, text)
        assert LIVE in listed(server, bearer(token("acme", "agent")))
        source.close()


def test_a_team_sees_its_own_calls(_):
    with world() as server:
        sales, support = live_call(server, "of-sales", team="sales"), live_call(server, "of-support", team="support")
        mine = bearer("token-of-the-sales-team")
        assert listed(server, mine) == ["of-sales"]
        assert server.http("GET", "/v1/calls/of-sales", headers=mine)[0] == 200
        assert server.http("GET", "/v1/calls/of-support", headers=mine)[0] == 404
        assert server.http("POST", "/v1/calls/of-support/stop", headers=mine)[0] == 409
        end(sales)
        end(support)


def pages(server, authorization, query):
    """The calls of all pages, in order."""
    out, cursor = [], ""
    while True:
        status, text = server.http("GET", f"/v1/calls?{query}{cursor}", headers=authorization)
        assert status == 200, text
        page = json.loads(text)
        out += [call["call"] for call in page["calls"]]
        if "next" not in page:
            return out
        cursor = "&cursor=" + page["next"]


def test_a_list_is_filtered_in_the_store_and_within_the_scope(_):
    with world() as server:
        for number in range(5):
            end(live_call(server, f"sales-{number}", team="sales", agent="ann" if number % 2 else "ben"))
        live = live_call(server, "support-live", team="support")
        acme, mine = bearer(token("acme", "auditor")), bearer("token-of-the-sales-team")
        newest_first = [f"sales-{number}" for number in reversed(range(5))]
        assert pages(server, acme, "team=sales&limit=2") == newest_first
        assert pages(server, mine, "limit=2") == newest_first, "though another team's call is newer"
        assert pages(server, mine, "limit=1&agent=ann") == ["sales-3", "sales-1"]
        assert pages(server, mine, "team=support") == pages(server, mine, "tenant=bank") == []
        assert pages(server, acme, "state=live") == ["support-live"]
        assert pages(server, acme, "before=2001-01-01") == [] and len(pages(server, acme, "from=2001-01-01T00:00:00Z")) == 6
        status, text = server.http("GET", "/v1/calls?agnet=ann", headers=acme)
        assert status == 400 and "agnet" in text
        end(live)


def test_a_source_brings_calls_of_its_tenant_alone(_):
    with world() as server:
        for role in ROLES:
            socket = ingest(server, token("acme", role))
            assert socket.status == (101 if role in ("source", "service") else 403), (role, socket.status)
            socket.close()
        own = live_call(server)
        stranger = ingest(server, token("bank", "source"))
        stranger.send(start_message("taken-over", tenant="acme"))
        refused = stranger.receive()
        assert refused["code"] == "other_scope" and refused["fatal"], refused
        stranger = ingest(server, token("bank", "source"))
        stranger.send(start_message(LIVE, tenant="acme", resume=own.resume))
        assert stranger.receive()["code"] == "other_scope", "its resume token is not enough"
        end(own)


def test_a_tenant_takes_its_share_of_calls_and_no_more(_):
    settings = json.dumps({"tenant_share": 1, "shares": [{"tenant": "small", "percent": 1}, {"tenant": "large", "percent": 100}]})
    with Server(settings=settings) as server:

        def started(tenant, number):
            source = Socket(server, "/v1/ingest")
            source.send(start_message(f"{tenant}-{number}", tenant=tenant))
            return source, source.receive()

        sources = [started("acme", number) for number in range(6)]
        assert [told["type"] for _, told in sources] == ["started"] * 5 + ["error"], [told for _, told in sources]
        refused = sources[-1][1]
        assert refused["code"] == "tenant_share" and "tenant acme has 5 calls" in refused["message"], refused
        assert started("bank", 0)[1]["type"] == "started", "what is left is for others"
        assert [started("large", number)[1]["type"] for number in range(8)] == ["started"] * 8
        end(sources[0][0])
        assert started("acme", 9)[1]["type"] == "started", "one has ended"


def test_a_ticket_is_given_for_calls_one_may_see(_):
    with world() as server:
        source = live_call(server)
        ask_for = json.dumps({"call": LIVE})
        assert server.http("POST", "/v1/tickets", ask_for, bearer(token("bank", "agent")))[0] == 409
        ticket = json.loads(server.http("POST", "/v1/tickets", ask_for, bearer(token("acme", "agent")))[1])["ticket"]
        page = Socket(server, "/v1/subscribe")
        page.send({"type": "subscribe", "ticket": ticket})
        assert page.receive()["type"] == "snapshot"
        end(source)


def test_demos_play_though_nobody_has_every_role(_):
    with world() as server:
        status, text = server.http("POST", "/v1/demos/canary-demo/play", "", bearer(token("acme", "agent")))
        assert status == 201, text
        call = json.loads(text)["call"]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if server.http("GET", f"/v1/calls/{call}", headers=bearer(token("acme", "agent")))[0] == 200:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the demo's call never came")
        assert server.http("GET", f"/v1/calls/{call}", headers=bearer(token("bank", "agent")))[0] == 404


def test_keys_of_recognition_are_tokens_too(_):
    with tempfile.TemporaryDirectory() as folder:
        with Server(args=["--role", "asr"], settings=settings_of(pathlib.Path(folder))) as server:
            for role in ROLES:
                socket = Socket(server, "/v1/listen?encoding=linear16&sample_rate=16000", f"Authorization: Token {token('bank', role)}\r\n")
                assert socket.status == (101 if role in ("source", "service") else 403), (role, socket.status)
                socket.close()
                status = server.http("GET", "/metrics", headers=bearer(token("bank", role)))[0]
                assert status == (200 if role in ("metrics", "admin") else 403), (role, status)
            assert Socket(server, "/v1/listen?encoding=linear16&sample_rate=16000", "Authorization: Token nonsense\r\n").status == 401


def test_what_is_wrong_with_tokens_is_named(_):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "short").write_text("tiny\n")
        (folder / "long").write_text("a-token-of-more-than-twenty-letters\n")
        config = folder / "config.yaml"

        def refused(text, *args):
            config.write_text(text)
            done = subprocess.run([BIN, "serve", "--check-config", "--config", str(config), *args], cwd=ROOT, capture_output=True, text=True, timeout=20)
            assert done.returncode == 2, done.stdout + done.stderr
            assert "tiny" not in done.stderr and "a-token" not in done.stderr
            return done.stderr

        one = f"{{ token_file: {folder}/long, roles: [agent] }}"
        assert f'{config}:1: a token: roles: there is no "king"; known: source, agent' in refused("tokens: [ { token_file: x, roles: [king] } ]")
        assert f'{config}:1: a token: "roles" is missing' in refused("tokens: [ { token_file: x } ]")
        assert "roles names at least one" in refused("tokens: [ { token_file: x, roles: [] } ]")
        assert "needs sha256, token_file or token_env" in refused("tokens: [ { roles: [agent] } ]")
        assert f'{config}:2: a token: unknown key "tenat"' in refused("tokens:\n  - { token_file: x, tenat: acme, roles: [agent] }")
        assert "no-such" in refused("tokens: [ { token_file: no-such, roles: [agent] } ]")
        assert "NO_SUCH_TOKEN" in refused("tokens: [ { token_env: NO_SUCH_TOKEN, roles: [agent] } ]")
        assert "another token is the same" in refused(f"tokens: [ {one}, {one} ]")
        assert "another token is the same" in refused(f"token_file: {folder}/long\ntokens: [ {one} ]")
        assert "at least 20" in refused(f"tokens: [ {{ token_file: {folder}/short, roles: [agent] }} ]", "--listen", "0.0.0.0:0")
        config.write_text(f"tokens: [ {one} ]")
        good = subprocess.run([BIN, "serve", "--check-config", "--config", str(config), "--listen", "0.0.0.0:0"], cwd=ROOT, capture_output=True, text=True, timeout=20)
        assert good.returncode == 0, good.stderr


if __name__ == "__main__":
    passed, failed = run_tests(dict(globals()), None, wanted=sys.argv[1:])
    print(closing_line(passed, failed))
    sys.exit(1 if failed else 0)
