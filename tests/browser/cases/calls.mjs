// Whole calls, as an agent sees them: words, cues, pauses, the end.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { liveCall, newWords } from "../live.mjs";
import { aLine, mockCall, snapshotOf } from "../mock.mjs";
import { agrees, box, eventually, lines, openPage, plain, saidAt, showsAll, sideways, status, wordsInOrder } from "../page.mjs";
import { run, startServer } from "../server.mjs";

const WORDS = ["garden", "window", "seven", "morning", "station", "bread", "music", "yellow", "table", "winter", "doctor", "river", "letter", "kitchen", "mountain", "paper"];

async function speak(text, after) {
  const folder = mkdtempSync(path.join(tmpdir(), "sotto-words-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "lines.json");
  writeFileSync(file, JSON.stringify([{ id: "drawn", voice: "slt", text }]));
  assert.equal((await run("/usr/bin/python3", ["demo/render.py", "--lines", folder, file])).code, 0);
  return path.join(folder, "drawn.wav");
}

export const cases = {
  async "a sentence drawn at run time is read off the page"({ browser, server, after }) {
    const drawn = Array.from({ length: 6 }, () => WORDS[Math.floor(Math.random() * WORDS.length)]);
    const sentence = `The ${drawn[0]} is near the ${drawn[1]}. My ${drawn[2]} likes the ${drawn[3]}, and the ${drawn[4]} is on the ${drawn[5]}.`;
    const wav = await speak(sentence, after);
    const call = `drawn-${Date.now()}`;
    const played = server.sotto("call", wav, "--id", call, "--speed", "1");
    await eventually("the call", () => server.get(`/v1/calls/${call}`).catch(() => undefined));
    const page = await openPage(browser, `${server.url}/calls/${call}`);
    const read = await eventually("the words", async () => {
      const text = (await lines(page)).join(" ").split(" ");
      return wordsInOrder(plain(sentence), text) >= 0.6 * plain(sentence).length && text;
    });
    console.log(`     said: ${sentence}\n     read: ${read.join(" ")}`);
    assert.equal((await played).code, 0);
    assert.deepEqual(page.problems, []);
  },

  async "a conference shows each party by its name, and the agent it went to"({ browser, server, after }) {
    const started = snapshotOf();
    const parties = [{ track: "party3", side: "customer", name: "Interpreter of the customer" }, { track: "party4", side: "agent", name: "" }];
    const snapshot = { ...started, info: { ...started.info, team: "", tracks: ["customer", "agent", "party3", "party4"], parties }, transfers: [] };
    const { page, send } = await mockCall({ browser, server, after }, { snapshot });
    const from = (track, side, utterance, text, start_ms) => aLine(utterance, text, { track, speaker: side, speaker_confidence: 1, start_ms, end_ms: start_ms + 900 });
    send(["utterance.final", aLine(0, "Good morning.")], ["utterance.final", from("party3", "customer", 0, "She says good morning.", 3000)]);
    send(["call.agent", { call: "mock", agent: "ben", team: "help", at_ms: 5000 }]);
    send(["utterance.final", from("party4", "agent", 0, "I can take it from here.", 6000)], ["hypothesis.partial", from("party3", "customer", 1, "thank you", 8000)]);
    const names = () => page.locator("[data-testid=final] .who").allInnerTexts();
    await eventually("the names", async () => JSON.stringify(await names()) === JSON.stringify(["Customer", "Interpreter of the customer", "Party 4"]));
    assert.match(await page.locator("[data-testid=transfer]").innerText(), /handed over to ben, help/);
    await eventually("a line of growing words for her", async () => (await page.locator("[data-testid=live]").innerText()).includes("thank you"));
    const name = await box(page, "[data-testid=final] >> nth=1 >> .who");
    const text = await box(page, "[data-testid=final] >> nth=1 >> .text");
    assert.ok(name.x + name.width <= text.x + 1, "a long name does not run into the words");
    assert.equal(await sideways(page), false);
    assert.deepEqual(page.problems, []);
  },

  async "a call whose id holds any character is followed, ticked and read afterwards"({ browser, server, after }) {
    const call = `sip:7@host/${Date.now()}&a=b c`;
    const at = `/v1/calls/${encodeURIComponent(call)}`;
    const played = server.sotto("call", "build/demo/fault.wav", "--id", call, "--tenant", "demo");
    after(() => server.post(`${at}/stop`).catch(() => undefined));
    await eventually("the call", () => server.get(at).catch(() => undefined));
    const page = await openPage(browser, server.url);
    await page.locator(`a[href="/calls/${encodeURIComponent(call)}"]`).click();
    await page.getByTestId("final").first().waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: /^Checklist/ }).click();
    await page.getByRole("checkbox", { name: "Recap of what was agreed" }).click();
    await page.getByRole("button", { name: "Not needed in this call" }).click();
    await page.getByText("By hand: Not needed in this call").waitFor();
    await server.post(`${at}/stop`);
    await page.getByRole("button", { name: "Open the past call" }).click();
    await page.getByTestId("coverage").waitFor();
    assert.equal(decodeURIComponent(new URL(page.url()).pathname), `/calls/${call}`);
    await page.getByText("Said: Recap of what was agreed").waitFor();
    await played;
  },

  async "the whole page weighs less than 100 kB on the wire"({ server }) {
    const html = await (await fetch(server.url)).text();
    const parts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, part]) => part);
    assert.ok(parts.length >= 2, html);
    const sizes = await Promise.all(parts.map(async (part) => gzipSync(Buffer.from(await (await fetch(server.url + part)).arrayBuffer())).length));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total < 100_000, `${total} bytes`);
  },

  async "an empty server invites to hear a call first"({ browser, after }) {
    const fresh = await startServer();
    after(() => fresh.stop());
    const page = await openPage(browser, fresh.url);
    await page.getByText("No calls yet. Hear one first.").waitFor();
    assert.equal(await page.locator("button.filled").count(), 1);
  },

  async "a demo call: words, a cue with its reason, a tick; slots where they belong"({ browser, server, after }) {
    const page = await openPage(browser, server.url);
    await page.getByRole("button", { name: "Play a demo call" }).click();
    await page.getByRole("button", { name: "A technical fault" }).click();
    await page.waitForURL(/\/calls\//);
    const call = new URL(page.url()).pathname.split("/").at(-1);
    after(() => server.post(`/v1/calls/${call}/stop`));
    await page.getByTestId("final").first().waitFor({ timeout: 60_000 });
    await agrees(page, server, call);
    await page.evaluate(() => document.querySelector(".log")?.focus());
    const focused = await page.evaluate(() => document.activeElement?.className);
    const cue = page.getByTestId("cue");
    await cue.waitFor({ timeout: 60_000 });
    assert.equal(await page.evaluate(() => document.activeElement?.className), focused, "a cue takes no focus");
    assert.equal(await cue.count(), 1);
    const headline = await cue.locator("h2").innerText();
    assert.ok(headline.split(/\s+/).length <= 9, headline);
    for (const [selector, y, height] of [[".status", 0, 44], [".stage", 44, 292], [".must", 44, 52], [".slot", 96, 207]]) {
      const at = await box(page, selector);
      assert.ok(Math.abs(at.y - y) <= 1 && Math.abs(at.height - height) <= 1, `${selector} at ${at.y}, ${at.height} high`);
    }
    await cue.getByRole("button", { name: "Why" }).click();
    const why = page.getByTestId("why").first();
    assert.match(await why.innerText(), /Because[\s\S]*Customer[\s\S]*Source[\s\S]*Rule[\s\S]*Time/);
    assert.match(await why.innerText(), /ms from the words to the screen|to the decision/);
    await page.keyboard.press("Escape");
    assert.equal(await page.getByTestId("why").count(), 0);
    assert.equal(await sideways(page), false, "no sideways scroll");
    assert.ok((await page.evaluate(() => window.shifted)) < 0.1, "nothing moves");
  },

  async "a pause says so, hears nothing, and goes on"(fixtures) {
    const { server } = fixtures;
    const { page, call } = await liveCall(fixtures);
    const [paused] = await Promise.all([saidAt(page, "Paused", Date.now()), page.getByRole("button", { name: "Pause listening" }).click()]);
    assert.ok(paused);
    await eventually("four seconds of pause", async () => /Paused 00:0[4-9]/.test(await status(page)));
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await agrees(page, server, call);
    await page.getByText("❙❙ paused").first().waitFor();
    const { utterances, pauses } = await server.get(`/v1/calls/${call}`);
    await newWords(server, call, utterances.length);
    await showsAll(page, server, call);
    const [{ at_ms, end_ms }] = pauses;
    assert.ok(end_ms - at_ms >= 4000, `${end_ms - at_ms} ms of pause`);
    const packet = 20; // that in which it was resumed is heard whole
    const inside = (await server.get(`/v1/calls/${call}`)).utterances.filter((one) => one.start_ms < end_ms - packet && one.end_ms > at_ms);
    assert.deepEqual(inside, [], "nothing was heard in the pause");
  },

  async "with forced colours everything that colour says is said otherwise"(fixtures) {
    const { page } = await liveCall(fixtures, { forcedColors: "active" });
    await page.getByTestId("cue").waitFor({ timeout: 60_000 });
    for (const line of [".line.customer", ".line.agent"]) await page.locator(line).first().waitFor({ timeout: 60_000 }); // a cue may be expected before them
    const seen = await page.evaluate(() => {
      const canvas = getComputedStyle(document.body).backgroundColor;
      const style = (selector) => getComputedStyle(document.querySelector(selector));
      return {
        canvas,
        texts: ["[data-testid=status]", "[data-testid=cue] h2", "[data-testid=cue] .body", "[data-testid=final] .text"].map((selector) => style(selector).color),
        edges: [style(".cue").borderTopColor, style(".line.customer").borderLeftColor],
        accent: style(".cue").borderLeftWidth,
        agent: style(".line.agent").borderLeftColor,
      };
    });
    for (const colour of [...seen.texts, ...seen.edges]) assert.notEqual(colour, seen.canvas);
    assert.equal(seen.accent, "4px", "the side of a cue");
    assert.equal(seen.agent, seen.canvas, "only the customer's lines are marked");
  },

  async "a past call shows its coverage as the ledger has it"(fixtures) {
    const { browser, server } = fixtures;
    const { call } = await liveCall(fixtures);
    await eventually("a cue", async () => (await server.get(`/v1/calls/${call}`)).cues.length > 0, 60_000);
    await server.post(`/v1/calls/${call}/stop`);
    await eventually("the end", async () => (await server.get(`/v1/calls/${call}`)).status === "ended");
    const page = await openPage(browser, `${server.url}/calls/${call}`, { viewport: { width: 1280, height: 800 } });
    const shown = await page.getByTestId("coverage").innerText();
    const { tracks } = await server.get(`/v1/calls/${call}/coverage`);
    const sum = (key) => Object.values(tracks).reduce((total, track) => total + track[key], 0);
    const heard = (sum("final_ms") + sum("silence_ms")) / (sum("final_ms") + sum("silence_ms") + sum("gap_ms"));
    const percent = sum("gaps") > 0 ? Math.min(99.99, Math.floor(heard * 10000) / 100).toFixed(2) : "100";
    assert.ok(shown.startsWith(`${percent} % heard`), `${shown} against ${percent}`);
    await page.getByTestId("why").first().waitFor();
    const [words, cues] = [await box(page, ".words"), await box(page, ".cues")];
    assert.ok(words.x + words.width <= cues.x && Math.abs(words.y - cues.y) <= 1, "the words stand beside the cues");
    await showsAll(page, server, call);
    assert.deepEqual(page.problems, []);
  },
};
