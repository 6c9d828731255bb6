// Starts the real server on a free port with a fresh store, and its processes end with it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");
const program = path.resolve(root, process.env.SOTTO_BIN ?? "build/sotto");
const READY_WITHIN_MS = 120_000;

async function freePort() {
  const probe = createServer();
  await new Promise((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// `more`: further arguments of `sotto serve`. { url, folder, get(path), post(path, body), sotto(...args) -> {code, out}, freeze(), thaw(), stop() }
export async function startServer(...more) {
  const folder = mkdtempSync(path.join(tmpdir(), "sotto-browser-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = ["serve", "--listen", url.slice("http://".length), "--data", path.join(folder, "data"), ...more];
  // A group of its own: it may be several processes, which are stopped and frozen together.
  const server = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const signal = (name) => left || process.kill(-server.pid, name);
  process.on("exit", () => left || process.kill(-server.pid, "SIGKILL"));
  let log = "";
  let left = false;
  server.stdout.on("data", (text) => (log += text));
  server.stderr.on("data", (text) => (log += text));
  const gone = new Promise((exited) => server.on("exit", exited)).then(() => (left = true));
  server.on("error", (error) => ((log += error.message), (left = true)));
  const stop = async () => {
    if (!left) server.kill("SIGTERM");
    await Promise.race([gone, sleep(5000).then(() => signal("SIGKILL"))]);
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + READY_WITHIN_MS;
  while (!(await fetch(`${url}/readyz`).then((answer) => answer.ok, () => false))) {
    if (left || Date.now() > until) {
      await stop();
      throw new Error(`the server did not start: ${log}`);
    }
    await sleep(100);
  }
  const freeze = () => signal("SIGSTOP");
  const thaw = () => signal("SIGCONT");
  const ask = async (method, path, body) => {
    const answer = await fetch(url + path, { method, ...(body ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {}) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const get = (path) => ask("GET", path);
  const post = (path, body) => ask("POST", path, body);
  return { url, folder, stop, freeze, thaw, get, post, sotto: (...rest) => run(program, [...rest, "--server", url]) };
}

// Runs a program to its end. `done` resolves to {code, out}.
export function run(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (text) => (out += text));
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => done({ code, out }));
  });
}
