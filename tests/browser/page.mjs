// The browser, and what a person would read off the page.
import { createRequire } from "node:module";
import { root, sleep } from "./server.mjs";

const require = createRequire(`${root}/web/agent/package.json`);
const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const openBrowser = () => chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: FLAGS });

const PANEL = { width: 360, height: 720 };

// A page of its own; `page.problems` are the errors that its console saw. The page keeps its layout shifts in
// window.shifted, and in window.said each status word with the time when it appeared: none is missed between two looks.
// `prepare` may change the page before it goes to its address.
export async function openPage(browser, url, { prepare, ...options } = {}) {
  const context = await browser.newContext({ viewport: PANEL, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  await page.addInitScript(keepRecords);
  await prepare?.(page);
  await page.goto(url);
  return page;
}

function keepRecords() {
  window.shifted = 0;
  const watch = (list) => list.getEntries().forEach((entry) => (window.shifted += entry.hadRecentInput ? 0 : entry.value));
  new PerformanceObserver(watch).observe({ type: "layout-shift", buffered: true });
  window.said = [];
  const note = () => {
    const word = document.querySelector("[data-testid=status]")?.innerText.replace(/[\d:]+( s)?/g, "").trim();
    if (word && word !== window.said.at(-1)?.word) window.said.push({ word, at: Date.now() });
  };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
}

// Every status word of the page so far, with its time.
export const said = (page) => page.evaluate(() => window.said);

// When the status said `word`, at or after `since`.
export async function saidAt(page, word, since, withinMs = 15_000) {
  const found = await eventually(`the status "${word}"`, async () => (await said(page)).find((one) => one.word.includes(word) && one.at >= since), withinMs);
  return found.at;
}

// What stands in the status line now; nothing where there is none (any more).
export const status = (page) => page.evaluate(() => document.querySelector("[data-testid=status]")?.innerText ?? "");

// Goes to an address within the page, without asking the server for it.
export const goWithin = (page, address) =>
  page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, address);

export const box = (page, selector) => page.locator(selector).first().boundingBox();

export const sideways = (page) => page.evaluate(() => [document.documentElement, document.getElementById("root")].some((each) => each.scrollWidth > each.clientWidth));

// The page is live again when its status line agrees with the server, whatever the server has to say.
export async function agrees(page, server, call, withinMs = 15_000) {
  await eventually("the status as the server has it", async () => {
    const { status: now, health } = await server.get(`/v1/calls/${call}`);
    if (now !== "live") throw new Error("the call has ended");
    return (await status(page)).includes(health.captions === "delayed" ? "Transcript delayed" : "Demo");
  }, withinMs);
}

// The words of the log, a line each, without the mark of what was corrected.
export async function lines(page) {
  const texts = await page.locator("[data-testid=final] .text").evaluateAll((shown) =>
    shown.map((line) => {
      const words = line.cloneNode(true);
      words.querySelectorAll(".edited").forEach((mark) => mark.remove());
      return words.textContent;
    }),
  );
  return texts.map((text) => plain(text).join(" "));
}

// Every line that the server has stands in the log, in its order, once.
export async function showsAll(page, server, call, withinMs = 15_000) {
  await eventually("every line once", async () => {
    const { utterances } = await server.get(`/v1/calls/${call}`);
    const want = [...utterances].sort((a, b) => a.start_ms - b.start_ms).map(({ text }) => plain(text).join(" "));
    return JSON.stringify(await lines(page)) === JSON.stringify(want);
  }, withinMs);
}

// Waits until `see` gives something true; fails with `what` when it never does.
export async function eventually(what, see, withinMs = 30_000) {
  const until = Date.now() + withinMs;
  for (;;) {
    const seen = await see();
    if (seen) return seen;
    if (Date.now() > until) throw new Error(`${what}: not seen within ${withinMs / 1000} s`);
    await sleep(100);
  }
}

export const plain = (text) => text.toLowerCase().replace(/[^a-z0-9' ]+/g, " ").split(/\s+/).filter(Boolean);

// How many of the words said were read, in order (longest common subsequence).
export function wordsInOrder(said, read) {
  const best = Array.from({ length: said.length + 1 }, () => new Array(read.length + 1).fill(0));
  for (let i = said.length - 1; i >= 0; --i) {
    for (let j = read.length - 1; j >= 0; --j) {
      best[i][j] = said[i] === read[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    }
  }
  return best[0][0];
}
