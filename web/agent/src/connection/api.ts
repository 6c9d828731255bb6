// HTTP to the server that served the page. A refusal is an Error with the server's own words.
import type { Asked, CallSnapshot, CallSummary, Demo } from "./wire";

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

export function setToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const token = sessionStorage.getItem(TOKEN);
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS), ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const answer = (await response.json().catch(() => ({}))) as { error?: { message: string } };
  if (!response.ok) throw new Refused(response.status, answer.error?.message ?? `the server answered ${response.status}`);
  return answer as T;
}

const id = encodeURIComponent;

export const api = {
  calls: () => ask<{ calls: CallSummary[] }>("GET", "/v1/calls").then((answer) => answer.calls),
  call: (call: string) => ask<CallSnapshot>("GET", `/v1/calls/${id(call)}`),
  demos: () => ask<{ demos: Demo[] }>("GET", "/v1/demos").then((answer) => answer.demos),
  play: (demo: string) => ask<{ call: string }>("POST", `/v1/demos/${id(demo)}/play`).then((answer) => answer.call),
  ticket: (call: string) => ask<{ ticket: string }>("POST", "/v1/tickets", { call }).then((answer) => answer.ticket),
  pause: (call: string) => ask("POST", `/v1/calls/${id(call)}/pause`),
  resume: (call: string) => ask("POST", `/v1/calls/${id(call)}/resume`),
  askKnowledge: (call: string, question: string) => ask<Asked>("POST", `/v1/calls/${id(call)}/ask`, { question }),
  stop: (call: string) => ask("POST", `/v1/calls/${id(call)}/stop`),
};
