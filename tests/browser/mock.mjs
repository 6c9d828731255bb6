// A call of the test's own making, for states that a real server has rarely: the page is the server's, its messages are
// the test's. { page, send(...events), beat(fields), silence(), asked, refuse(path, status) }
import { openPage } from "./page.mjs";

const HEALTH = { captions: "live", lag_ms: 0, saved: true, suggestions: "on", audio: "ok" };
const INFO = { call: "mock", tenant: "demo", agent: "mara", demo: false, started: "2026-01-05T10:00:00Z", metadata: { title: "Billing" } };
export const ITEMS = [
  { item: "recording", label: "Recording notice" },
  { item: "cancel_right", label: "Right to cancel named" },
  { item: "recap", label: "Recap of what was agreed" },
];

export const snapshotOf = (over = {}) => ({ info: INFO, status: "live", utterances: [], gaps: [], pauses: [], cues: [], checklist: ITEMS, moments: [], understood: [], alerts: [], tags: [], health: HEALTH, ...over });

export const aCue = (over = {}) => {
  const now = Date.now() * 1000;
  const because = { utterance: "customer-0", speaker: "customer", text: "I want to cancel", start_ms: 1000, end_ms: 2000, trigger: "phrase", pattern: "", score: 1 };
  const source = { file: "late_fees.md", heading: "First reminder", passage: "The first reminder is free. The second costs 7.50.", sentence: "The first reminder is free." };
  return { id: "cue-1", call: "mock", utterance: "customer-0", policy: "late", policy_version: "v1", kind: "answer", match: "strong", lane: "cue", priority: 50, headline: "First reminder is free, second 7.50", body: "No charge for the first. After the third the line can be restricted.", because, source, fresh_ms: 6000, shown_ms: 20_000, stages_ms: {}, spoken_us: now, guided_us: now, ...over };
};
export const aDuty = (over = {}) => aCue({ id: "duty-1", kind: "must_say", lane: "compliance", headline: "Right to cancel, before payment", body: "“You can cancel within 14 days of paying.” Not said yet.", source: null, item: "cancel_right", ...over });
export const aLine = (utterance, text, over = {}) => ({ call: "mock", track: utterance % 2 ? "agent" : "customer", utterance, revision: 0, text, start_ms: utterance * 2000, end_ms: utterance * 2000 + 1500, from: 0, to: 0, words: [], ...over });

export async function mockCall({ browser, server, after }, { snapshot = snapshotOf(), silent = false, ...options } = {}) {
  const asked = [];
  const refusals = new Map();
  let socket;
  let number = 1;
  let beats = !silent;
  let fields = { media_ms: 252_000, lag_ms: 300, coverage: {} };
  const json = (route, status, body) => route.fulfill({ status, contentType: "application/json", body: JSON.stringify(body) });
  const prepare = async (page) => {
    await page.route("**/v1/**", (route) => {
      const { pathname } = new URL(route.request().url());
      const method = route.request().method();
      if (method !== "GET" && pathname !== "/v1/tickets") asked.push({ method, path: pathname, body: route.request().postDataJSON() });
      for (const [part, status] of refusals) if (pathname.includes(part)) return json(route, status, { error: { code: "refused", message: "the test refuses" } });
      if (pathname === "/v1/tickets") return json(route, 201, { ticket: "t" });
      if (method === "GET" && pathname === "/v1/calls/mock") return json(route, 200, snapshot);
      return json(route, 200, {});
    });
    await page.routeWebSocket("**/v1/subscribe", (ws) => {
      socket = ws;
      ws.onMessage((text) => {
        const message = JSON.parse(text);
        if (message.type === "ping") return beats && ws.send(JSON.stringify({ type: "pong", t: message.t, time_us: Date.now() * 1000 }));
        if (message.type === "subscribe" && !silent) ws.send(JSON.stringify({ type: "snapshot", cursor: `${number}`, sent_us: 0, call: { ...snapshot, number } }));
      });
    });
    await options.prepare?.(page);
  };
  const page = await openPage(browser, `${server.url}/calls/mock`, { ...options, prepare });
  const tell = (message) => socket?.send(JSON.stringify(message));
  const pulse = () => beats && tell({ type: "beat", time_us: Date.now() * 1000, ...fields });
  const timer = setInterval(pulse, 500);
  after(() => clearInterval(timer));
  const send = (...events) => {
    const numbered = events.map(([type, data]) => ({ type: `sotto.${type}`, number: ++number, time: "", data }));
    tell({ type: "delta", cursor: `${number}`, sent_us: 0, events: numbered });
  };
  await page.getByTestId("stage").waitFor();
  if (!silent) await page.locator("time").waitFor({ state: "attached" });
  return {
    page,
    asked,
    send,
    health: (over) => send(["call.health", { call: "mock", ...HEALTH, ...over }]),
    beat: (over) => ((fields = { ...fields, ...over }), pulse()),
    silence: () => (beats = false),
    raw: (text) => socket.send(text),
    refuse: (part, status) => (status ? refusals.set(part, status) : refusals.delete(part)),
  };
}
