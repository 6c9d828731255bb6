// The page against the real server, in Debian's Chromium, as an agent would see it. Prints "N passed, N failed".
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually, openBrowser, openPage, plain, status, wait, wordsInOrder } from "./page.mjs";
import { root, run, startServer } from "./server.mjs";

const WORDS = ["garden", "window", "seven", "morning", "station", "bread", "music", "yellow", "table", "winter", "doctor", "river", "letter", "kitchen", "mountain", "paper"];

async function speak(text) {
  const folder = mkdtempSync(path.join(tmpdir(), "sotto-words-"));
  const file = path.join(folder, "lines.json");
  writeFileSync(file, JSON.stringify([{ id: "drawn", voice: "slt", text }]));
  assert.equal((await run("/usr/bin/python3", ["demo/render.py", "--lines", folder, file])).code, 0);
  return path.join(folder, "drawn.wav");
}

async function playDemo(page, title) {
  await page.getByRole("button", { name: "Play a demo call" }).click();
  await page.getByRole("button", { name: title }).click();
  await page.waitForURL(/\/calls\//);
}

const box = (page, selector) => page.locator(selector).boundingBox();

const tests = {
  async "a sentence drawn at run time is read off the page"({ browser, server }) {
    const drawn = Array.from({ length: 6 }, () => WORDS[Math.floor(Math.random() * WORDS.length)]);
    const said = `The ${drawn[0]} is near the ${drawn[1]}. My ${drawn[2]} likes the ${drawn[3]}, and the ${drawn[4]} is on the ${drawn[5]}.`;
    const wav = await speak(said);
    const call = `drawn-${Date.now()}`;
    const played = server.sotto("call", wav, "--id", call, "--speed", "1");
    await wait(700);
    const page = await openPage(browser, `${server.url}/calls/${call}`);
    const read = await eventually("the words", async () => {
      const text = plain((await page.getByTestId("final").allInnerTexts()).join(" "));
      return wordsInOrder(plain(said), text) >= 0.6 * plain(said).length && text;
    });
    console.log(`     said: ${said}\n     read: ${read.join(" ")}`);
    assert.equal((await played).code, 0);
    assert.deepEqual(page.problems, []);
  },

  async "an empty server invites to hear a call first"({ browser }) {
    const fresh = await startServer();
    try {
      const page = await openPage(browser, fresh.url);
      await page.getByText("No calls yet. Hear one first.").waitFor();
      assert.equal(await page.locator("button.filled").count(), 1);
    } finally {
      await fresh.stop();
    }
  },

  async "a demo call: words, a cue with its reason, a tick; slots where they belong"({ browser, server, shared }) {
    const page = await openPage(browser, server.url);
    shared.page = page;
    await playDemo(page, "A technical fault");
    await page.getByTestId("final").first().waitFor({ timeout: 30_000 });
    await eventually("the state", async () => (await status(page)).includes("Demo"));
    await page.evaluate(() => document.querySelector(".log")?.focus());
    const focused = await page.evaluate(() => document.activeElement?.className);
    const cue = page.getByTestId("cue");
    await cue.waitFor({ timeout: 40_000 });
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

  async "a pause says so, hears nothing, and goes on"({ shared }) {
    const { page } = shared;
    await page.getByRole("button", { name: "Pause" }).click();
    await eventually("paused", async () => (await status(page)).includes("Paused"), 3000);
    const before = await page.getByTestId("final").count();
    await wait(4000);
    assert.ok((await page.getByTestId("final").count()) <= before + 1, "what was said before may still come, nothing else");
    await page.getByRole("button", { name: "Resume" }).click();
    await eventually("live again", async () => (await status(page)).includes("Demo"), 5000);
    await page.getByText("❙❙ paused").first().waitFor();
  },

  async "a lost network is said within two seconds and filled in without doubles"({ shared }) {
    const { page } = shared;
    await page.context().setOffline(true);
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: 0, uploadThroughput: 0 });
    const cut = await eventually("reconnecting", async () => (await status(page)).includes("Reconnecting"), 15_000).catch(() => false);
    if (!cut) console.log("     this Chromium keeps open sockets when it is offline: only the new connections are cut");
    await wait(3000);
    await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await page.context().setOffline(false);
    await eventually("live again", async () => (await status(page)).includes("Demo"), 15_000);
    const lines = await page.getByTestId("final").allInnerTexts();
    assert.equal(new Set(lines).size, lines.length, "no line twice");
  },

  async "a server that falls silent is said within two seconds and caught up with"({ server, shared }) {
    const page = shared.page;
    server.freeze();
    await eventually("reconnecting", async () => (await status(page)).includes("Reconnecting"), 2500);
    await wait(1500);
    server.thaw();
    await eventually("live again, after the captions caught up", async () => (await status(page)).includes("Demo"), 20_000);
  },

  async "a past call shows its coverage as the ledger has it"({ browser, server, shared }) {
    const call = new URL(shared.page.url()).pathname.split("/").at(-1);
    await fetch(`${server.url}/v1/calls/${call}/stop`, { method: "POST" });
    const page = await openPage(browser, `${server.url}/calls/${call}`, { width: 1280, height: 800 });
    await eventually("the past call", async () => (await page.getByTestId("coverage").count()) > 0, 15_000);
    const shown = await page.getByTestId("coverage").innerText();
    const { tracks } = await (await fetch(`${server.url}/v1/calls/${call}/coverage`)).json();
    const sum = (key) => Object.values(tracks).reduce((total, track) => total + track[key], 0);
    const heard = (sum("final_ms") + sum("silence_ms")) / (sum("final_ms") + sum("silence_ms") + sum("gap_ms"));
    const percent = sum("gaps") > 0 ? Math.min(99.99, Math.floor(heard * 10000) / 100).toFixed(2) : "100";
    assert.ok(shown.startsWith(`${percent} % heard`), `${shown} against ${percent}`);
    assert.match(shown, /s paused/);
    await page.getByTestId("why").first().waitFor();
    assert.deepEqual(page.problems, []);
  },
};

const server = await startServer();
const browser = await openBrowser();
const shared = {};
let passed = 0;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test({ browser, server, shared });
    console.log(`ok   ${name}`);
    ++passed;
  } catch (error) {
    console.log(`FAIL ${name}\n${error.stack}`);
    ++failed;
  }
}
await browser.close();
await server.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
