// The page against the real server, in Debian's Chromium, as an agent would see it. Prints "N passed, N failed".
//   node tests/browser/run.mjs [PART OF A NAME]
// SOTTO_BROWSER_CASES names the files of cases, by commas; else all of them run.
import { readdirSync } from "node:fs";
import { openBrowser, said } from "./page.mjs";
import { startServer } from "./server.mjs";

// What a failure left on the screens, before they are closed.
async function tell(context) {
  for (const page of context.pages()) {
    const words = await said(page).catch(() => []);
    console.log(`     ${page.url()}: ${words.map(({ word, at }) => `${new Date(at).toISOString().slice(14, 23)} ${word}`).join("; ")}`);
  }
}

// The tests share the server and the browser and nothing else.
async function passes(name, test, fixtures) {
  const after = [];
  try {
    await test({ ...fixtures, after: (undo) => after.push(undo) });
    console.log(`ok   ${name}`);
    return true;
  } catch (error) {
    console.log(`FAIL ${name}\n${error.stack}`);
    for (const context of fixtures.browser.contexts()) await tell(context);
    return false;
  } finally {
    for (const undo of after.reverse()) await undo();
    for (const context of fixtures.browser.contexts()) await context.close();
  }
}

const wanted = process.argv[2] ?? "";
const files = process.env.SOTTO_BROWSER_CASES?.split(",").map((name) => `${name}.mjs`) ?? readdirSync(`${import.meta.dirname}/cases`).sort();
const cases = {};
for (const file of files) Object.assign(cases, (await import(`./cases/${file}`)).cases);
const server = await startServer();
const browser = await openBrowser();
let passed = 0;
let failed = 0;
for (const [name, test] of Object.entries(cases)) {
  if (!name.includes(wanted)) continue;
  (await passes(name, test, { browser, server })) ? ++passed : ++failed;
}
await browser.close();
await server.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
