#!/usr/bin/env python3
"""A cluster on this machine: PostgreSQL, Redis, nginx and a process of its own for each role, two of those that may come in numbers.
Plays demo calls through it, kills processes at random meanwhile, and prints what was lost. `make cluster` starts it; Ctrl-C ends it.

What a process supervisor (systemd, Kubernetes) does is done by Supervisor: whoever dies is started again."""
import argparse
import json
import os
import pathlib
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOTTO = ROOT / "build/sotto"
DEMOS = ["cancel", "payment", "fault"]
ROLES = {"asr": "asr", "gateway_a": "gateway", "gateway_b": "gateway", "orchestrator_a": "orchestrator", "orchestrator_b": "orchestrator",
         "delivery_a": "delivery", "delivery_b": "delivery", "api": "api", "webhooks": "webhooks"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Supervisor(threading.Thread):
    """Starts processes, and again when they end, until it is told to stop."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.commands, self.running, self.starts = folder, {}, {}, {}
        self.stopping = False
        self.lock = threading.Lock()

    def add(self, name, *command):
        with self.lock:
            self.commands[name] = [str(word) for word in command]
            self.launch(name)

    def launch(self, name):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(self.commands[name], stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
        self.starts[name] = self.starts.get(name, 0) + 1

    def run(self):
        while not self.stopping:
            time.sleep(0.1)
            with self.lock:
                for name, process in list(self.running.items()):
                    if process.poll() is not None and not self.stopping:
                        self.launch(name)

    def kill(self, name):
        self.running[name].send_signal(signal.SIGKILL)

    def stop(self):
        self.stopping = True
        with self.lock:
            for process in self.running.values():
                process.terminate()
            for process in self.running.values():
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/nginx; proxy_temp_path {folder}/nginx; fastcgi_temp_path {folder}/nginx; uwsgi_temp_path {folder}/nginx; scgi_temp_path {folder}/nginx;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  upstream gateways {{ {gateways} }}
  upstream deliveries {{ {deliveries} }}
  upstream apis {{ {apis} }}
  proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
  proxy_set_header Host $http_host; proxy_read_timeout 3600s; proxy_buffering off; proxy_connect_timeout 1s;
  proxy_next_upstream error timeout http_502 http_503;
  server {{
    listen {listen};
    location = /v1/ingest {{ proxy_pass http://gateways; }}
    location = /v1/subscribe {{ proxy_pass http://deliveries; }}
    location / {{ proxy_pass http://apis; }}
  }}
}}
"""


class Cluster:
    def __init__(self, folder, listen):
        self.folder, self.listen = folder, listen
        self.address = f"http://{listen}"
        self.ports = {name: free_port() for name in ROLES}
        self.supervisor = Supervisor(folder)

    def script(self, server, command, *args):
        subprocess.run([ROOT / f"scripts/{server}", command, self.folder / server, *args], check=True)

    def start(self):
        step("Starting PostgreSQL and Redis")
        self.script("postgres", "start")
        self.script("redis", "start")
        self.sql("SELECT 1")
        for text in ("CREATE ROLE sotto LOGIN", "CREATE DATABASE sotto"):
            self.sql(text, may_fail=True)  # they are there from the last time
        config, of_asr = self.write_settings()
        subprocess.run([SOTTO, "store", "migrate", "--config", config, "--as", f"host={self.folder}/postgres dbname=sotto user=owner"], check=True)
        step("Starting the processes: " + ", ".join(ROLES))
        for name, role in ROLES.items():
            self.supervisor.add(name, SOTTO, "serve", "--role", role, "--config", of_asr if role == "asr" else config,
                                "--listen", f"127.0.0.1:{self.ports[name]}", "--data", self.folder / name)
        self.supervisor.start()
        for name in ROLES:
            wait(lambda: get(f"http://127.0.0.1:{self.ports[name]}/readyz")[0] == 200, f"{name} (its log is {self.folder}/{name}.log)")
        (self.folder / "nginx").mkdir(exist_ok=True)
        servers = lambda kind: " ".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;" for name, port in self.ports.items() if name.startswith(kind))
        conf = self.folder / "nginx.conf"
        conf.write_text(NGINX.format(folder=self.folder, listen=self.listen, gateways=servers("gateway"), deliveries=servers("delivery"), apis=servers("api")))
        self.supervisor.add("nginx", ROOT / ".cache/servers/usr/sbin/nginx", "-c", conf, "-p", self.folder)
        wait(lambda: get(self.address + "/readyz")[0] == 200, f"nginx (its log is {self.folder}/nginx.log)")

    def write_settings(self):
        """Of the processes that share a store, and of recognition, which needs none: gateways hear by it, and by themselves while it is gone."""
        key = self.folder / "asr.key"
        if not key.exists():
            key.write_text(secrets.token_hex(24) + "\n")
            key.chmod(0o600)
        config, of_asr = self.folder / "sotto.json", self.folder / "asr.json"  # JSON is YAML
        config.write_text(json.dumps({
            "store": {"postgresql": f"host={self.folder}/postgres dbname=sotto user=sotto", "epochs": f"{self.folder}/epochs/epochs"},
            "bus": {"redis": f"{self.folder}/redis/socket"}, "demo_gateway": self.listen, "allowed_hosts": [self.listen], "region": "here",
            "recognisers": [{"name": "asr", "url": f"ws://127.0.0.1:{self.ports['asr']}/v1/listen", "region": "here", "key_file": str(key), "pace": 10}],
            "chains": [{"use": ["asr", "local"]}]}))
        of_asr.write_text(json.dumps({"token_file": str(key)}))
        return config, of_asr

    def sql(self, text, may_fail=False):
        psql = ROOT / ".cache/servers/usr/lib/postgresql/15/bin/psql"
        subprocess.run([psql, "-h", self.folder / "postgres", "-U", "owner", "-d", "postgres", "-qAt", "-c", text], check=not may_fail, capture_output=True)

    def kill(self, name):
        """As by kill -9. The two servers are started again at once, the others by the supervisor."""
        if name == "postgresql":
            self.script("postgres", "stop", "immediate")
            self.script("postgres", "start")
        elif name == "redis":
            self.script("redis", "stop", "9")
            self.script("redis", "start")
        else:
            self.supervisor.kill(name)

    def stop(self):
        self.supervisor.stop()
        for server, how in (("redis", []), ("postgres", ["fast"])):
            subprocess.run([ROOT / f"scripts/{server}", "stop", self.folder / server, *how], capture_output=True)


def step(text):
    print(text, flush=True)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as failed:
        return 0, str(failed)


def wait(wanted, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} does not start within {seconds} s")
        time.sleep(0.1)


class Call(threading.Thread):
    """A recording as a live call, by `sotto call`; what it was told of the call is kept."""

    def __init__(self, cluster, number, speed, stamp):
        super().__init__(daemon=True)
        self.cluster, self.demo, self.speed = cluster, DEMOS[number % len(DEMOS)], speed
        self.id = f"demo-{stamp}-{number}-{self.demo}"
        self.told, self.code = {}, None

    def run(self):
        process = subprocess.Popen([SOTTO, "call", ROOT / f"build/demo/{self.demo}.wav", "--json", "--id", self.id, "--agent", f"agent {self.id[-1]}", "--speed", str(self.speed),
                                    "--server", self.cluster.address], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] in ("sotto.utterance.final", "sotto.cue.shown") and not event.get("unpersisted"):
                self.told[key_of(event)] = event["data"].get("text") or event["data"].get("headline")
        self.code = process.wait()

    def compare(self):
        """(utterances, cues, lost, doubled, parts of the audio that were not heard)"""
        wait(lambda: "sotto.guidance.done" in get(f"{self.cluster.address}/v1/calls/{self.id}/events")[1], f"the end of {self.id}")
        events = json.loads(get(f"{self.cluster.address}/v1/calls/{self.id}/events")[1])["events"]
        kept = [event for event in events if event["type"] in ("sotto.utterance.final", "sotto.cue.shown")]
        keys = [key_of(event) for event in kept]
        lost = sum(key not in keys for key in self.told)
        tracks = json.loads(get(f"{self.cluster.address}/v1/calls/{self.id}/coverage")[1])["tracks"]
        gaps = sum(row["coverage"] == "gap" and row.get("reason") != "no_words" for track in tracks.values() for row in track["rows"])
        utterances = sum(event["type"] == "sotto.utterance.final" for event in kept)
        return utterances, len(kept) - utterances, lost, len(keys) - len(set(keys)), gaps


def key_of(event):
    data = event["data"]
    return f'{data["track"]}-{data["utterance"]}' if event["type"] == "sotto.utterance.final" else data["id"]


def play(cluster, options):
    chance = random.Random(options.seed)
    stamp = time.strftime("%H%M%S")
    calls = [Call(cluster, number, options.speed, stamp) for number in range(options.calls)]
    for call in calls:
        call.start()
        time.sleep(0.3)
    victims = [name for name in ROLES if name != "webhooks"] + ["postgresql", "redis"]
    kills = {}
    while any(call.is_alive() for call in calls):
        time.sleep(chance.uniform(options.every / 2, options.every * 1.5))
        if options.kills and sum(kills.values()) >= options.kills or not any(call.is_alive() for call in calls):
            continue
        victim = chance.choice(victims)
        step(f"  kill -9 {victim}")
        kills[victim] = kills.get(victim, 0) + 1
        cluster.kill(victim)
    print(f"\n{'call':34} {'utterances':>10} {'cues':>6} {'lost':>6} {'doubled':>8} {'gaps':>6}")
    total = [0] * 5
    for call in calls:
        row = call.compare()
        total = [a + b for a, b in zip(total, row)]
        print(f"{call.id:34} {row[0]:>10} {row[1]:>6} {row[2]:>6} {row[3]:>8} {row[4]:>6}")
    print(f"{'all':34} {total[0]:>10} {total[1]:>6} {total[2]:>6} {total[3]:>8} {total[4]:>6}")
    print("killed: " + (", ".join(f"{name} {times}" for name, times in sorted(kills.items())) or "nobody"), flush=True)
    return total[2] == 0 and total[3] == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "data/cluster", help="where everything of it is kept (default data/cluster)")
    parser.add_argument("--listen", default="127.0.0.1:8700", help="where nginx listens (default 127.0.0.1:8700)")
    parser.add_argument("--calls", type=int, default=10, help="demo calls at once (default 10; 0: none)")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of audio a second (default 1)")
    parser.add_argument("--kills", type=int, default=0, help="so many at most (default: while calls run)")
    parser.add_argument("--every", type=float, default=6, help="seconds between two kills (default 6)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the chance")
    parser.add_argument("--once", action="store_true", help="end when the calls have ended; 1 where something was lost")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.folder.mkdir(parents=True, exist_ok=True)
    os.chmod(options.folder, 0o755)  # PostgreSQL runs as somebody else
    cluster = Cluster(options.folder, options.listen)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        cluster.start()
        step(f"The cluster listens. Open {cluster.address}/")
        good = play(cluster, options) if options.calls else True
        if options.once:
            return 0 if good else 1
        step(f"It goes on at {cluster.address}/ until Ctrl-C.")
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        step("Stopping")
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
