#!/usr/bin/env python3
"""`sotto` for tests: `serve` without a role runs a process of its own for each role, over PostgreSQL and Redis, with nginx before
them, and is otherwise used as the one process is. Every other command is the program's own.

  as_processes.py --with-servers COMMAND...    starts PostgreSQL and Redis for all that COMMAND starts, and stops them behind it
"""
import ctypes
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOTTO = ROOT / "build/sotto"
ROLES = ["gateway", "orchestrator", "delivery", "api", "webhooks"]

sys.path.insert(0, str(ROOT / "deploy/cluster"))
from cluster import free_port  # noqa: E402

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 0; client_header_timeout 10s; client_body_timeout 10s;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
  proxy_set_header Host $http_host; proxy_read_timeout 3600s; proxy_buffering off; proxy_request_buffering off;
  server {{
    listen {listen};
    location = /v1/ingest {{ proxy_pass http://127.0.0.1:{gateway}; }}
    location = /v1/subscribe {{ proxy_pass http://127.0.0.1:{delivery}; }}
    location / {{ proxy_pass http://127.0.0.1:{api}; }}
  }}
}}
"""


def with_servers(command):
    with tempfile.TemporaryDirectory(prefix="sotto-servers-") as folder:
        os.chmod(folder, 0o755)  # PostgreSQL runs as somebody else
        subprocess.run([ROOT / "scripts/postgres", "start", f"{folder}/postgres", "-c", "fsync=off"], check=True)
        try:
            subprocess.run([ROOT / "scripts/redis", "start", f"{folder}/redis"], check=True)
            sql(folder, "CREATE ROLE sotto LOGIN")
            told = {"SOTTO_SERVERS": folder, "SOTTO_BIN": str(pathlib.Path(__file__).resolve())}
            return subprocess.run(command, env={**os.environ, **told}).returncode
        finally:
            subprocess.run([ROOT / "scripts/postgres", "stop", f"{folder}/postgres", "immediate"])
            subprocess.run([ROOT / "scripts/redis", "stop", f"{folder}/redis", "9"])


def sql(folder, text):
    psql = ROOT / ".cache/servers/usr/lib/postgresql/15/bin/psql"
    return subprocess.run([psql, "-h", f"{folder}/postgres", "-U", "owner", "-d", "postgres", "-qAt", "-c", text], capture_output=True).returncode == 0


def die_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def taken(args, name, default=""):
    """The value of an option, which is taken out of the arguments."""
    if name not in args:
        return default
    at = args.index(name)
    value = args[at + 1]
    del args[at : at + 2]
    return value


def settings_of(data, given, listen):
    """Those given, with a database and a bus for each data folder: two runs on the same folder find the same calls."""
    servers = os.environ["SOTTO_SERVERS"]
    name = "t" + hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]
    settings = yaml.safe_load(pathlib.Path(given).read_text()) if given else {}
    settings = {**(settings or {}), "bus": {"redis": f"{servers}/redis/socket"}, "demo_gateway": listen,
                "store": {"postgresql": f"host={servers}/postgres dbname={name} user=sotto", "cluster": name, "epochs": f"{servers}/{name}/epochs"}}
    settings["allowed_hosts"] = [*settings.get("allowed_hosts", []), listen]
    config = data / "as_processes.json"
    config.write_text(json.dumps(settings))
    if sql(servers, f"CREATE DATABASE {name}"):
        pathlib.Path(servers, name).mkdir(exist_ok=True)
    # The second time there is nothing to do.
    subprocess.run([SOTTO, "store", "migrate", "--config", config, "--as", f"host={servers}/postgres dbname={name} user=owner"], check=True, stdout=subprocess.DEVNULL)
    return config


def ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError as refused:
        return getattr(refused, "code", 0) == 503  # it answers, and says what is missing


def serve(args):
    listen, data = taken(args, "--listen", "127.0.0.1:8700"), pathlib.Path(taken(args, "--data", "data"))
    data.mkdir(parents=True, exist_ok=True)
    config = settings_of(data, taken(args, "--config"), listen)
    ports = {role: free_port() for role in ROLES}
    running = [subprocess.Popen([SOTTO, "serve", "--role", role, "--config", config, "--listen", f"127.0.0.1:{port}", "--data", data / role, *args],
                                preexec_fn=die_with_parent) for role, port in ports.items()]
    stopping = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.append(True))
    while not all(map(ready, ports.values())):
        if stopping or any(process.poll() is not None for process in running):
            return stop(running) or 1
        time.sleep(0.05)
    with tempfile.TemporaryDirectory(prefix="sotto-nginx-") as folder:
        os.chmod(folder, 0o777)
        conf = pathlib.Path(folder) / "nginx.conf"
        conf.write_text(NGINX.format(folder=folder, listen=listen, **ports))
        running.insert(0, subprocess.Popen([ROOT / ".cache/servers/usr/sbin/nginx", "-c", conf, "-p", folder], preexec_fn=die_with_parent))
        print(f"Sotto listens. Open http://{listen}/", flush=True)
        while not stopping and all(process.poll() is None for process in running):
            time.sleep(0.05)
        return stop(running)


def stop(running):
    for process in running:
        process.terminate()
    return max(0, *(process.wait(20) for process in running))  # below 0: it had not begun to listen to signals


def main():
    args = sys.argv[1:]
    if args[:1] == ["--with-servers"]:
        return with_servers(args[1:])
    if args[:1] != ["serve"] or "--role" in args or "--check-config" in args or "--print-config" in args or "--help" in args:
        os.execv(SOTTO, [str(SOTTO), *args])
    return serve(args[1:])


if __name__ == "__main__":
    sys.exit(main())
