// axe-core finds nothing, best practices included, on every state of the page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { aCue, aDuty, aLine, mockCall, snapshotOf } from "../mock.mjs";
import { goWithin, openPage } from "../page.mjs";
import { root, startServer } from "../server.mjs";

const AXE = readFileSync(`${root}/web/agent/node_modules/axe-core/axe.min.js`, "utf8");
const MONO = { speaker: "customer", speaker_confidence: 0.6 };
const LINES = [aLine(0, "I want to cancel my contract now."), aLine(1, "Let me look.", { revision: 1, was: "Let me book." }), aLine(2, "It is a guess who said it.", MONO), aLine(3, "The number is [card number].")];
const FULL = { utterances: LINES, gaps: [{ track: "agent", start_ms: 8000, end_ms: 9000, reason: "not_received" }], pauses: [{ at_ms: 9000, by: "api", end_ms: 12_000 }], understood: [{ utterance: "customer-0", intents: [{ name: "cancel_contract", probability: 0.9 }] }] };
const TRACK = { received_ms: 20_000, final_ms: 9000, silence_ms: 9000, pause_ms: 3000, gap_ms: 1000, pending_ms: 0, gaps: 1, heard: 0.95, rows: [{ start_ms: 0, end_ms: 8000, coverage: "final" }, { start_ms: 8000, end_ms: 9000, coverage: "gap" }, { start_ms: 9000, end_ms: 20_000, coverage: "pause" }] };
const PAST = snapshotOf({ ...FULL, status: "ended", duration_ms: 20_000, end_reason: "hangup", cues: [{ ...aCue(), state: "closed", reason: "said" }], coverage: { customer: TRACK, agent: TRACK }, alerts: [{ id: "a", policy: "p", severity: "urgent", message: "Look", because: aCue().because }], tags: [{ tag: "dispute", policy: "p", because: aCue().because }] });

async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ html, any }) => html.slice(0, 120) + (any[0]?.message ?? "").slice(0, 120)).join(" | ")}`);
}

const json = (route, body) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) });

async function live(fixtures, options, clean) {
  const { page, send, health, beat, silence, refuse } = await mockCall(fixtures, { ...options, snapshot: snapshotOf({ ...FULL, info: { ...snapshotOf().info, mono: true } }) });
  const plate = (word) => page.getByTestId("plate").getByText(word).waitFor();
  await clean("listening", page);
  send(["cue.shown", aCue()]);
  await page.getByTestId("cue").waitFor();
  await clean("a cue", page);
  for (const [pane, ready] of [["Why", "why"], [/^Checklist/, "item-recap"], [/^Cues/, "pane"], [/^More/, "coverage"]]) {
    await page.getByRole("button", { name: pane }).first().click();
    await page.getByTestId(ready).waitFor();
    if (ready === "item-recap") await page.getByRole("checkbox").first().click();
    await clean(`pane ${pane}`, page);
    await page.keyboard.press("Escape");
  }
  await page.getByTestId("cue").hover();
  send(["cue.closed", { id: "cue-1", reason: "expired" }], ["cue.shown", aCue({ id: "cue-2", kind: "careful", match: "likely", source: null })]);
  await page.getByTestId("kept").waitFor();
  await clean("kept open, one waits", page);
  await page.mouse.move(1, 700);
  await page.locator(".cue.careful").waitFor();
  await clean("a likely, careful cue", page);
  send(["cue.closed", { id: "cue-2", reason: "expired" }], ["cue.shown", aCue({ id: "cue-3", kind: "say" })]);
  await page.locator(".cue.say").waitFor();
  await clean("words to say", page);
  send(["cue.shown", aDuty()], ["cue.shown", aDuty({ id: "duty-2" })]);
  await page.getByTestId("overdue").waitFor();
  await clean("overdue", page);
  send(["call.paused", { call: "mock", by: "api", at_ms: 200_000, sample: 0 }]);
  await plate("Not listening");
  await clean("paused, overdue", page);
  send(["cue.closed", { id: "duty-1", reason: "said" }], ["cue.closed", { id: "duty-2", reason: "said" }]);
  await page.getByTestId("overdue").waitFor({ state: "detached" });
  await clean("paused", page);
  send(["call.resumed", { call: "mock", by: "api", at_ms: 210_000, sample: 0 }]);
  for (const over of [{ captions: "stopped" }, { audio: "none" }, { audio: "waiting" }, { captions: "delayed", saved: false, suggestions: "paused" }]) {
    health(over);
    beat({});
    await page.waitForTimeout(300);
    await clean(JSON.stringify(over), page);
  }
  health({});
  refuse("/pause", 503);
  await page.getByRole("button", { name: "Pause listening" }).click();
  await plate("Pause failed");
  await clean("a pause that failed", page);
  send(["call.paused", { call: "mock", by: "api", at_ms: 211_000, sample: 0 }]);
  await plate("Not listening");
  send(["call.resumed", { call: "mock", by: "api", at_ms: 212_000, sample: 0 }]);
  await page.getByLabel("Ask the knowledge base").fill("anything at all");
  await page.keyboard.press("Enter");
  await page.getByTestId("asked").getByText("No reliable answer found").waitFor();
  await clean("asked in vain", page);
  await page.keyboard.press("Escape");
  silence();
  await page.getByTestId("status").filter({ hasText: "Reconnecting" }).waitFor();
  await clean("reconnecting", page);
  send(["call.ended", { call: "mock", reason: "hangup", duration_ms: 252_000, coverage: {} }]);
  await plate("The call has ended");
  await clean("ended", page);
}

async function others({ browser, server, after }, options, clean) {
  const locked = await startServer("--token", "the-right-token-of-32-characters");
  after(() => locked.stop());
  const open = (address, prepare) => openPage(browser, address, { ...options, prepare });
  const start = await open(server.url);
  await start.getByRole("button", { name: "Play a demo call" }).and(start.locator(":enabled")).waitFor();
  await clean("the list of calls", start);
  await start.getByRole("button", { name: "Play a demo call" }).click();
  await clean("the chooser", start);
  const away = await open(server.url, (it) => it.route("**/v1/**", (route) => route.abort()));
  await away.getByText("does not answer").waitFor();
  await clean("no server", away);
  const empty = await open(server.url, (it) => it.route("**/v1/calls", (route) => json(route, { calls: [] })));
  await empty.getByText("No calls yet").waitFor();
  await clean("no calls", empty);
  const signIn = await open(locked.url);
  await signIn.getByLabel("Token").fill("wrong");
  await signIn.keyboard.press("Enter");
  await signIn.getByText("not known here").waitFor();
  await clean("a wrong token", signIn);
  for (const address of ["/nowhere", "/calls/%E0%A4%A", "/calls/never-was"]) {
    const page = await open(server.url);
    await goWithin(page, address);
    await page.getByText(/There is no such|This address is broken/).waitFor();
    await clean(address, page);
  }
  const past = await open(`${server.url}/calls/mock`, (it) => it.route("**/v1/calls/mock", (route) => json(route, PAST)));
  await past.getByTestId("why").first().getByRole("button").click();
  await clean("a past call", past);
}

// Colours are measured when a card has faded in.
const STILL = { reducedMotion: "reduce" };
const NARROW = { ...STILL, viewport: { width: 360, height: 720 } };
const looks = { "a narrow, light page": NARROW, "a narrow, dark page": { ...NARROW, colorScheme: "dark" }, "a wide page": { ...STILL, viewport: { width: 1280, height: 800 } }, "a page of high contrast": { ...NARROW, contrast: "more" } };

export const cases = Object.fromEntries(
  Object.entries(looks).map(([look, options]) => [
    `axe finds nothing on every state of ${look}`,
    async (fixtures) => {
      const found = [];
      const clean = async (state, page) => found.push(...(await findings(page)).map((finding) => `${state}: ${finding}`));
      await live(fixtures, options, clean);
      await others(fixtures, options, clean);
      assert.deepEqual(found, []);
    },
  ]),
);
