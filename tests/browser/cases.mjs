// What an agent must be able to rely on. A test waits for facts: what the page says, or what the server says.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startNetwork } from "./network.mjs";
import { agrees, eventually, lines, openPage, plain, saidAt, showsAll, status, wordsInOrder } from "./page.mjs";
import { run, startServer } from "./server.mjs";

const WORDS = ["garden", "window", "seven", "morning", "station", "bread", "music", "yellow", "table", "winter", "doctor", "river", "letter", "kitchen", "mountain", "paper"];
// The page promises to say within this that it does not hear its server.
const SAID_WITHIN_MS = 2000;

async function speak(text, after) {
  const folder = mkdtempSync(path.join(tmpdir(), "sotto-words-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "lines.json");
  writeFileSync(file, JSON.stringify([{ id: "drawn", voice: "slt", text }]));
  assert.equal((await run("/usr/bin/python3", ["demo/render.py", "--lines", folder, file])).code, 0);
  return path.join(folder, "drawn.wav");
}

// A demo call of the test's own, on a page that shows its first words. It ends with the test.
async function liveCall({ browser, server, after }, { through = server.url, ...options } = {}) {
  const { call } = await server.post("/v1/demos/fault/play");
  after(() => server.post(`/v1/calls/${call}/stop`).catch(() => undefined));
  const page = await openPage(browser, `${through}/calls/${call}`, options);
  await page.getByTestId("final").first().waitFor({ timeout: 60_000 });
  return { page, call };
}

async function liveThroughNetwork(fixtures) {
  const network = await startNetwork(fixtures.server.url);
  fixtures.after(() => network.stop());
  const { page, call } = await liveCall(fixtures, { through: network.url });
  await agrees(page, fixtures.server, call);
  return { network, page, call };
}

// The server has stored words that the page cannot know of yet.
const newWords = (server, call, than) => eventually("new words at the server", async () => (await server.get(`/v1/calls/${call}`)).utterances.length > than);

const box = (page, selector) => page.locator(selector).boundingBox();

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
    for (const [selector, y, height] of [[".status", 0, 40], [".must", 40, 52], [".slot", 92, 240], [".queue", 332, 36], [".switches", 368, 36]]) {
      const at = await box(page, selector);
      assert.ok(Math.abs(at.y - y) <= 1 && Math.abs(at.height - height) <= 1, `${selector} at ${at.y}, ${at.height} high`);
    }
    await cue.getByRole("button", { name: "Why" }).click();
    const why = page.getByTestId("why").first();
    assert.match(await why.innerText(), /Because[\s\S]*Customer[\s\S]*Source[\s\S]*Rule[\s\S]*Time/);
    assert.match(await why.innerText(), /ms from the words to the screen|to the decision/);
    await page.keyboard.press("Escape");
    assert.equal(await page.getByTestId("why").count(), 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "no sideways scroll");
    assert.ok((await page.evaluate(() => window.shifted)) < 0.1, "nothing moves");
  },

  async "the agent asks: an answer with its marked source, or none; by keyboard alone"(fixtures) {
    const { page } = await liveCall(fixtures);
    await page.locator(".log").focus();
    await page.keyboard.press("a");
    await page.keyboard.type("What does it cost to move house?");
    await page.keyboard.press("Enter");
    const asked = page.getByTestId("asked");
    await asked.locator("mark").waitFor();
    assert.match(await asked.innerText(), /25 pounds/);
    await page.getByLabel("Ask the knowledge base").fill("Do you have a vegetarian menu?");
    await page.keyboard.press("Enter");
    await asked.getByText("No reliable answer found").waitFor();
    await page.keyboard.press("Escape");
    await asked.waitFor({ state: "detached" });
    const at = await box(page, ".ask");
    assert.ok(Math.abs(at.height - 48) <= 1, `the ask-box is ${at.height} high`);
  },

  async "a pause says so, hears nothing, and goes on"(fixtures) {
    const { server } = fixtures;
    const { page, call } = await liveCall(fixtures);
    const [paused] = await Promise.all([saidAt(page, "Paused", Date.now()), page.getByRole("button", { name: "Pause" }).click()]);
    assert.ok(paused);
    await eventually("four seconds of pause", async () => /Paused 00:0[4-9]/.test(await status(page)));
    await page.getByRole("button", { name: "Resume" }).click();
    await agrees(page, server, call);
    await page.getByText("❙❙ paused").first().waitFor();
    const { utterances, pauses } = await server.get(`/v1/calls/${call}`);
    await newWords(server, call, utterances.length);
    await showsAll(page, server, call);
    const [{ at_ms, end_ms }] = pauses;
    assert.ok(end_ms - at_ms >= 4000, `${end_ms - at_ms} ms of pause`);
    const inside = (await server.get(`/v1/calls/${call}`)).utterances.filter((one) => one.start_ms < end_ms && one.end_ms > at_ms);
    assert.deepEqual(inside, [], "nothing was heard in the pause");
  },

  async "a network that breaks is said within two seconds and filled in without doubles"(fixtures) {
    const { server } = fixtures;
    const { network, page, call } = await liveThroughNetwork(fixtures);
    const at = Date.now();
    network.cut();
    const said = await saidAt(page, "Reconnecting", at);
    assert.ok(said - at <= SAID_WITHIN_MS, `said after ${said - at} ms`);
    await newWords(server, call, (await lines(page)).length);
    network.mend();
    await agrees(page, server, call);
    await showsAll(page, server, call);
  },

  async "a network that swallows everything is said within two seconds and left for a new connection"(fixtures) {
    const { server } = fixtures;
    const { network, page, call } = await liveThroughNetwork(fixtures);
    const at = Date.now();
    network.swallow();
    const said = await saidAt(page, "Reconnecting", at);
    assert.ok(said - at <= SAID_WITHIN_MS, `said after ${said - at} ms`);
    await newWords(server, call, (await lines(page)).length);
    network.mend();
    await agrees(page, server, call, 30_000);
    await showsAll(page, server, call);
  },

  async "a server that falls silent is said within two seconds and caught up with"(fixtures) {
    const { server } = fixtures;
    const { page, call } = await liveCall(fixtures);
    await agrees(page, server, call);
    const before = (await server.get(`/v1/calls/${call}`)).utterances.length;
    const at = Date.now();
    server.freeze();
    fixtures.after(() => server.thaw());
    const said = await saidAt(page, "Reconnecting", at);
    assert.ok(said - at <= SAID_WITHIN_MS, `said after ${said - at} ms`);
    await eventually("three seconds of silence", async () => /Reconnecting [3-9]/.test(await status(page)));
    server.thaw();
    await newWords(server, call, before);
    await agrees(page, server, call);
    await showsAll(page, server, call);
  },

  async "every status can be read in a narrow panel"(fixtures) {
    const { page } = await liveCall(fixtures);
    for (const width of [280, 360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const words of ["◐ Captions delayed 14 s", "✕ Captions stopped", "✕ No audio for 5 s", "◐ Reconnecting 125 s", "❙❙ Paused 10:41", "✕ Not saved 125 s", "◐ Suggestions paused"]) {
        const cut = await page.getByTestId("status").evaluate((badge, text) => {
          const copy = badge.cloneNode();
          copy.textContent = text;
          badge.replaceWith(copy);
          const clipped = copy.scrollWidth > copy.clientWidth || copy.scrollHeight > copy.clientHeight;
          copy.replaceWith(badge);
          return clipped;
        }, words);
        assert.equal(cut, false, `"${words}" is cut at ${width} px`);
      }
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `no sideways scroll at ${width} px`);
    }
  },

  async "with forced colours everything that colour says is said otherwise"(fixtures) {
    const { page } = await liveCall(fixtures, { forcedColors: "active" });
    await page.getByTestId("cue").waitFor({ timeout: 60_000 });
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
    await showsAll(page, server, call);
    assert.deepEqual(page.problems, []);
  },
};
