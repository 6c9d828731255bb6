// HTTP to the server that served the page. A refusal is an Error with the server's own words.
import { asked, callSummaries, demos, snapshotOfCall } from "./decode";
import { object, text, type Decode } from "./shape";

const TOKEN = "sotto.token";
// A network that swallows requests must not hold up the next try.
const ANSWER_WITHIN_MS = 5000;

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const setToken = (token: string): void => sessionStorage.setItem(TOKEN, token);
export const hasToken = (): boolean => (sessionStorage.getItem(TOKEN) ?? "") !== "";

async function request(method: string, path: string, body?: unknown): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN);
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS), ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (response.ok) return response;
  const answer = (await response.json().catch(() => ({}))) as { error?: { message?: unknown } } | null;
  const said = answer?.error?.message;
  throw new Refused(response.status, typeof said === "string" ? said : `the server answered ${response.status}`);
}

async function ask<T>(decode: Decode<T>, method: string, path: string, body?: unknown): Promise<T> {
  const response = await request(method, path, body);
  return decode(await response.json());
}

const id = encodeURIComponent;
const done: Decode<void> = () => undefined;

export const api = {
  calls: () => ask(callSummaries, "GET", "/v1/calls"),
  call: (call: string) => ask(snapshotOfCall, "GET", `/v1/calls/${id(call)}`),
  demos: () => ask(demos, "GET", "/v1/demos"),
  play: (demo: string) => ask(object({ call: text }), "POST", `/v1/demos/${id(demo)}/play`).then((answer) => answer.call),
  // What is heard in a demo call: a WAV file.
  demoAudio: (demo: string) => request("GET", `/v1/demos/${id(demo)}/audio`).then((response) => response.blob()),
  ticket: (call: string) => ask(object({ ticket: text }), "POST", "/v1/tickets", { call }).then((answer) => answer.ticket),
  pause: (call: string) => ask(done, "POST", `/v1/calls/${id(call)}/pause`),
  resume: (call: string) => ask(done, "POST", `/v1/calls/${id(call)}/resume`),
  tick: (call: string, item: string, ticked: boolean, reason: string) => ask(done, "POST", `/v1/calls/${id(call)}/checklist/${id(item)}`, { ticked, reason }),
  askKnowledge: (call: string, question: string) => ask(asked, "POST", `/v1/calls/${id(call)}/ask`, { question }),
  stop: (call: string) => ask(done, "POST", `/v1/calls/${id(call)}/stop`),
};
