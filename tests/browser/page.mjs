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

export const PANEL = { width: 360, height: 720 };

// A page of its own; `page.problems` are the errors that its console saw. Layout shifts are summed in window.shifted.
export async function openPage(browser, url, viewport = PANEL, options = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  await page.addInitScript(() => {
    window.shifted = 0;
    const watch = (list) => list.getEntries().forEach((entry) => (window.shifted += entry.hadRecentInput ? 0 : entry.value));
    new PerformanceObserver(watch).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(url);
  return page;
}

export const status = (page) => page.getByTestId("status").innerText();

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

export const wait = sleep;
