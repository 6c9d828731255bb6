#!/usr/bin/env python3
"""tenants: who has the tokens of one tenant asks for another tenant's calls, events, tickets, streams and articles, over a process for
each role, PostgreSQL and Redis: every route of docs/openapi.yaml that a role may use, with every such role, by four tenants (some with
names like the other's), addresses written in several ways; tickets that were altered; streams under the other's name, also with its
resume token; questions that only the other's articles answer; and what comes to followers of their own calls meanwhile.
`leaks`: answers with anything of the other tenant's, or other answers than for what does not exist, and what happened to its calls
all the same. `own_answered`: how many of the same were answered to the call's own tenant, which asks each tenth; what would end or
change a call it asks once, at the end. PROBES (100000) and SEED in the environment."""
import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

from live import ROOT, print_figure

sys.path.insert(0, str(ROOT / "tests/system"))
import cluster_test  # noqa: E402
import stores  # noqa: E402
from access_test import bearer, filled, ingest, operations, settings_of, token  # noqa: E402
from harness import BIN, Socket, packet, start_message  # noqa: E402

OWN, STRANGERS = "acme", ["bank", "acm", "acme2", "Acme"]
CANARY = "kestrel"  # in all that is acme's; nobody else says it, but for the id that is asked for
NOBODY = "nobody-there"
QUESTION = "What does it cost to move to another flat?"
ARTICLES = {OWN: f"# Moving home\n\n## Moving fee is 30 pounds\nThe move costs 30 pounds. Say {CANARY} and it is waived.\n"}
ARTICLE = "# Router\n\n## Red light: the line is lost\nA red light means that the router has lost the line. Restart the router first.\n"
RULE = '- id: told\n  when: { phrase: "nobody ever says this" }\n  then: { checklist: { item: told, label: "Told" } }\n'
HARM = ("/pause", "/resume", "/stop", "/redactions", "/play")  # and DELETE
WEIGHTS = {"route": 960, "ticket": 15, "stream": 10, "article": 15}


class Asker:
    """One connection to the API, kept."""

    def __init__(self, server):
        self.link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def ask(self, method, address, body, tenant, role):
        for last in (False, True):
            try:
                self.link.request(method, address, body, bearer(token(tenant, role)))
                answer = self.link.getresponse()
                return answer.status, answer.read().decode(errors="replace")
            except (OSError, http.client.HTTPException):
                self.link.close()  # it was idle for too long
                if last:
                    raise


class Listener(threading.Thread):
    """Follows a call of a tenant: how many messages came, and those with the canary."""

    def __init__(self, world, tenant, call):
        super().__init__(daemon=True)
        self.messages, self.with_canary = 0, 0
        self.page = Socket(world.pages, "/v1/subscribe")
        self.page.send({"type": "subscribe", "ticket": world.ticket(tenant, call)})

    def run(self):
        while (message := self.page.receive()) is not None:
            self.messages += 1
            self.with_canary += CANARY in json.dumps(message)


class World:
    """Calls of acme that live and that are over, and a live one of each stranger; nobody says a word in them."""

    def __init__(self, cluster):
        self.gateway, self.pages, self.cluster = cluster.gateway_a, cluster.pages, cluster
        self.asker = Asker(self.pages)
        self.sources = {}
        self.live = [f"{CANARY}-live-{number}" for number in range(6)]
        self.ended = [f"{CANARY}-ended-{number}" for number in range(6)]
        self.theirs = {tenant: f"{tenant}-own" for tenant in STRANGERS}
        for call in self.live + self.ended:
            self.open(OWN, call)
        for tenant, call in self.theirs.items():
            self.open(tenant, call)
        for call in self.ended:
            self.sources.pop(call).send({"type": "end"})
            cluster.wait(lambda: json.loads(self.asker.ask("GET", f"/v1/calls/{call}", None, OWN, "auditor")[1]).get("status") == "ended", what=f"the end of {call}")
        self.resume = {call: self.sources[call].resume for call in self.live}
        threading.Thread(target=self.keep, daemon=True).start()

    def open(self, tenant, call):
        source = ingest(self.gateway, token(tenant, "source"))
        more = {"agent": f"the {CANARY}", "metadata": {"note": CANARY}} if tenant == OWN else {}
        source.send(start_message(call, tenant=tenant, tracks=["customer"], **more))
        started = source.until(lambda message: message["type"] in ("started", "error"))
        assert started["type"] == "started", started
        source.resume, source.sent = started["resume"], 0
        threading.Thread(target=lambda: [None for _ in iter(source.receive, None)], daemon=True).start()
        self.sources[call] = source
        self.cluster.wait(lambda: self.tick(tenant, call) == 200, what=f"the guidance of {call}")

    def keep(self):
        """A call without any audio ends after ten minutes."""
        while True:
            for source in self.sources.values():
                with contextlib.suppress(OSError):  # it was stopped
                    source.send(packet(0, source.sent, b"\xff" * 160))
                source.sent += 160
            time.sleep(1)

    def tick(self, tenant, call):
        body = json.dumps({"ticked": True, "reason": CANARY if tenant == OWN else "because"})
        return self.asker.ask("POST", f"/v1/calls/{call}/checklist/told", body, tenant, "agent")[0]

    def ticket(self, tenant, call):
        return json.loads(self.asker.ask("POST", "/v1/tickets", json.dumps({"call": call}), tenant, "agent")[1])["ticket"]


class Probes:
    def __init__(self, world, chance):
        self.world, self.chance = world, chance
        self.routes = [operation for operation in operations() if operation[2] and operation[1] != "/v1/ingest"]
        self.nothing = {}  # what is said of a call that does not exist, by everything else that was asked
        self.counts = collections.Counter()
        self.leaks = self.own_asked = self.own_answered = 0

    def note(self, kind, leaked, what):
        self.counts[kind] += 1
        if leaked:
            self.leaks += 1
            if self.leaks <= 20:
                print("leak:", kind, what, file=sys.stderr)

    def own(self, answered):
        self.own_asked += 1
        self.own_answered += bool(answered)

    def one(self, number):
        kind = self.chance.choices(list(WEIGHTS), WEIGHTS.values())[0]
        getattr(self, kind)(self.chance.choice(STRANGERS), number % 10 == 0)

    # --- routes ---

    def query(self, method, path, call):
        if method == "DELETE":
            return "?reason=a+test"
        if path == "/v1/calls":
            place = f"{int(time.time() * 1e6)} {call}".encode().hex()
            return self.chance.choice(["", f"?tenant={OWN}", "?state=live", "?state=ended&limit=500", f"?cursor={place}", f"?agent=the+{CANARY}", f"?tenant={OWN}&limit=1"])
        return self.chance.choice(["", "", f"?tenant={OWN}"])

    def route(self, stranger, also_own):
        method, path, roles, schema = self.chance.choice(self.routes)
        role = self.chance.choice(roles)
        call, number = self.chance.choice(self.world.live + self.world.ended), self.chance.randint(1, 12)
        query = self.query(method, path, call)
        ticked = self.chance.random() < 0.5
        encode = self.chance.choice([str, lambda text: "".join(f"%{byte:02x}" for byte in text.encode())])

        def ask(tenant, of, demo):
            given = {"call": of, "demo": demo, "item": "told", "number": number, "ticked": ticked, "question": QUESTION, "reason": f"by {tenant}"}
            address = filled(path, None, **{name: encode(value) for name, value in given.items() if isinstance(value, str)})[0]
            return self.world.asker.ask(method, address + query, filled(path, schema, **given)[1], tenant, role)

        status, text = ask(stranger, call, "canary-demo")
        text = text.replace(call, "?").replace("canary-demo", "?")
        leaked = CANARY in text
        if "{" in path or schema:
            key = (method, path, role, stranger, query)
            if key not in self.nothing:
                said = ask(stranger, NOBODY, "no-demo")
                self.nothing[key] = (said[0], said[1].replace(NOBODY, "?").replace("no-demo", "?"))
            leaked = leaked or (status, text) != self.nothing[key]
        kind = "ticket" if path == "/v1/tickets" else "article" if path.endswith("/ask") else "event" if path.endswith(("/events", "/redactions", "/{item}")) else "call"
        self.note(kind, leaked, (method, path, role, stranger, call, query, status, text))
        if also_own and method != "DELETE" and not path.endswith(HARM):
            self.own(ask(OWN, call, "canary-demo")[0] < 300)

    # --- what is no plain route ---

    def forged(self, ticket, call):
        """A ticket: expiry, nonce, four parts of a scope in hex, the call; then its signature."""
        content, _, signature = ticket.rpartition(".")
        expiry, nonce, tenant, *rest, _ = content.split(".", 6)
        tenant = self.chance.choice([tenant, OWN.encode().hex(), ""])
        signature = self.chance.choice([signature, signature.swapcase(), "", signature[:-1]])
        return ".".join([expiry, nonce, tenant, *rest, call, signature])

    def ticket(self, stranger, also_own):
        call = self.chance.choice(self.world.live)
        page = Socket(self.world.pages, "/v1/subscribe")
        page.send({"type": "subscribe", "ticket": self.forged(self.world.ticket(stranger, self.world.theirs[stranger]), call), "cursor": self.chance.choice(["0", ""])})
        message = page.receive()
        self.note("ticket", message is None or message["type"] != "error" or CANARY in json.dumps(message).replace(call, "?"), (stranger, call, message))
        page.close()
        if also_own:
            page = Socket(self.world.pages, "/v1/subscribe")
            page.send({"type": "subscribe", "ticket": self.world.ticket(OWN, call)})
            self.own((page.receive() or {}).get("type") == "snapshot")
            page.close()

    def stream(self, stranger, also_own):
        call, new = self.chance.choice(self.world.live), f"new-{self.counts['stream']}"
        resume = {"resume": self.world.resume[call]}
        start = self.chance.choice([start_message(new, tenant=OWN, tracks=["customer"]), start_message(call, tenant=OWN, tracks=["customer"], **resume),
                                    start_message(call, tenant=stranger, tracks=["customer"], **resume)])
        source = ingest(self.world.gateway, token(stranger, self.chance.choice(["source", "service"])))
        source.send(start)
        message = source.receive()
        self.note("stream", message is None or message["type"] != "error" or CANARY in json.dumps(message).replace(call, "?"), (stranger, start, message))
        source.close()
        if also_own:
            source = ingest(self.world.gateway, token(OWN, "source"))
            source.send(start_message(f"{CANARY}-{new}", tenant=OWN, tracks=["customer"]))
            self.own((source.receive() or {}).get("type") == "started")
            source.send({"type": "end"})
            source.close()

    def article(self, stranger, also_own):
        ask = lambda tenant, call: self.world.asker.ask("POST", f"/v1/calls/{call}/ask", json.dumps({"question": QUESTION}), tenant, "agent")
        status, text = ask(stranger, self.world.theirs[stranger])
        self.note("article", CANARY in text, (stranger, status, text))
        if also_own:
            self.own(CANARY in ask(OWN, self.chance.choice(self.world.live))[1])

    # --- afterwards ---

    def look_for_harm(self):
        """Nothing may have happened to the calls that were asked for."""
        for call in self.world.live + self.world.ended:
            view = json.loads(self.world.asker.ask("GET", f"/v1/calls/{call}", None, OWN, "auditor")[1])
            events = self.world.asker.ask("GET", f"/v1/calls/{call}/events", None, OWN, "auditor")
            wanted = "live" if call in self.world.live else "ended"
            touched = any(f'"by {stranger}"' in events[1] for stranger in STRANGERS) or "call.paused" in events[1] or "event.redacted" in events[1]
            self.note("harm", view.get("status") != wanted or events[0] != 200 or touched, (call, view.get("status"), events[0]))

    def ask_for_all_as_owner(self):
        """What changes or ends a call, by its own tenant, once."""
        ask = lambda method, address, role, body=None: self.world.asker.ask(method, address, body, OWN, role)[0]
        for call in self.world.live:
            for action in ("pause", "resume", "stop"):
                self.own(ask("POST", f"/v1/calls/{call}/{action}", "agent") == 200)
        for call in self.world.ended:
            events = json.loads(self.world.asker.ask("GET", f"/v1/calls/{call}/events", None, OWN, "auditor")[1])["events"]
            typed = next(event["number"] for event in events if event["type"] == "sotto.checklist.ticked")
            self.own(ask("POST", f"/v1/calls/{call}/redactions", "supervisor", json.dumps({"number": typed, "all": True})) == 200)
            self.own(ask("DELETE", f"/v1/calls/{call}?reason=a+test", "admin") == 200)


def settings(folder):
    out = json.loads(settings_of(folder, [OWN, *STRANGERS]))
    (folder / "demos/canary-demo.truth.json").write_text(json.dumps({"title": CANARY, "tenant": OWN, "duration_ms": 1000}))
    for tenant in (OWN, *STRANGERS):
        for kind, name, text in (("policies", "told.yaml", RULE), ("knowledge", "article.md", ARTICLES.get(tenant, ARTICLE))):
            (folder / kind / tenant).mkdir(parents=True)
            (folder / kind / tenant / name).write_text(text)
    return json.dumps({**out, "policies": str(folder / "policies"), "knowledge": str(folder / "knowledge")})


def main():
    wanted = int(os.environ.get("PROBES", "100000"))
    with tempfile.TemporaryDirectory() as name, stores.Shared(BIN) as shared, \
            cluster_test.Cluster(shared, ["gateway_a", "guide_a", "pages"], settings(pathlib.Path(name))) as cluster:
        world = World(cluster)
        listeners = {tenant: Listener(world, tenant, call) for tenant, call in [*world.theirs.items(), (OWN, world.live[0])]}
        for listener in listeners.values():
            listener.start()
        probes = Probes(world, random.Random(int(os.environ.get("SEED", "1"))))
        for number in range(wanted):
            probes.one(number)
        for tenant, listener in listeners.items():
            if tenant == OWN:
                probes.own_asked += listener.with_canary
                probes.own_answered += listener.with_canary
            else:
                probes.counts["topic"] += listener.messages
                probes.leaks += listener.with_canary
        probes.look_for_harm()
        probes.ask_for_all_as_owner()
    count = sum(probes.counts.values())
    same = {"own_asked": probes.own_asked, "by_kind": dict(probes.counts), "strangers": len(STRANGERS)}
    print_figure("tenants", "leaks", probes.leaks, "count", count, floor=0, aim=0, probes=count, own_answered=probes.own_answered, **same)
    print_figure("tenants", "probes", count, "count", count, floor=10_000, aim=100_000, own_answered=probes.own_answered, **same)
    print_figure("tenants", "own_answered", probes.own_answered, "count", probes.own_asked)


main()
