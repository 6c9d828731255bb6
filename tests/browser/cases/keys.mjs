// Keys and focus: nothing acts by mistake, everything is reached, the focus is never lost.
import assert from "node:assert/strict";
import { aCue, aDuty, aLine, mockCall, snapshotOf } from "../mock.mjs";
import { eventually, openPage } from "../page.mjs";

const LETTERS = "abcdefghijklmnopqrstuvwxyz?/1234";
const drawnWord = () => Array.from({ length: 2 + Math.floor(Math.random() * 7) }, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join("");
const drawnWords = (count) => ["please", "keep", "what", "?", ...Array.from({ length: count - 4 }, drawnWord)].join(" ");

// What typing could have done: asked the server, opened a pane, filled a field, moved the focus, left the page.
const done = (page) => page.evaluate(() => [document.activeElement.tagName, document.querySelectorAll(".below, dialog[open]").length, [...document.querySelectorAll("input:not([type=checkbox])")].map((field) => field.value).join(""), location.pathname]);

export const cases = {
  async "typing two hundred random words on the body sends nothing"(fixtures) {
    const { page, asked, send } = await mockCall(fixtures);
    send(["cue.shown", aCue()]);
    await page.getByTestId("cue").waitFor();
    const before = await done(page);
    assert.equal(before[0], "BODY");
    await page.keyboard.type(drawnWords(200));
    assert.deepEqual(await done(page), before);
    assert.deepEqual(asked, []);
    const start = await openPage(fixtures.browser, fixtures.server.url);
    await start.getByRole("heading", { name: "Calls" }).waitFor();
    const there = await done(start);
    await start.keyboard.type(drawnWords(200));
    assert.deepEqual(await done(start), there, "on the list of calls neither");
  },

  async "letters act in the guidance that got the focus on purpose, and not after a card left it there"(fixtures) {
    const { page, asked, send } = await mockCall(fixtures);
    send(["cue.shown", aCue()]);
    await page.getByTestId("cue").waitFor();
    await page.keyboard.press("F6");
    await page.keyboard.press("k");
    await page.getByRole("checkbox", { name: "Recording notice" }).waitFor();
    await page.keyboard.press("w");
    await page.getByTestId("why").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByTestId("cue").waitFor({ state: "detached" }).catch(() => undefined);
    send(["cue.closed", { id: "cue-1", reason: "dismissed" }]);
    await page.getByTestId("cue").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "stage");
    const before = await done(page);
    await page.keyboard.type(drawnWords(20));
    assert.deepEqual(await done(page), before);
    assert.deepEqual(asked, []);
    await page.keyboard.press("F6");
    await page.keyboard.press("a");
    assert.equal(await page.evaluate(() => document.activeElement.id), "ask");
    await page.keyboard.type("kw?p");
    assert.equal(await page.locator("#ask").inputValue(), "kw?p", "letters type in fields");
  },

  async "letters can be off; pausing by chord needs no focus"(fixtures) {
    const { page, asked } = await mockCall(fixtures);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("checkbox", { name: /Letters act/ }).uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("F6");
    await page.keyboard.press("k");
    assert.equal(await page.getByTestId("pane").count(), 0);
    await page.keyboard.press("Control+Shift+Digit0");
    await eventually("the pause", async () => asked.some(({ path }) => path === "/v1/calls/mock/pause"));
  },

  async "the focus is never on the body after something closes"(fixtures) {
    const { page, send } = await mockCall(fixtures);
    const focused = (wanted) => eventually(`the focus on ${wanted}`, () => page.evaluate((selector) => document.activeElement?.matches(selector), wanted), 5000);
    const kept = (what) => eventually(`the focus after ${what}`, () => page.evaluate(() => document.activeElement !== document.body), 5000);
    send(["cue.shown", aCue()]);
    await page.getByTestId("cue").getByRole("button", { name: "Why" }).click();
    await page.getByTestId("why").getByRole("button").focus();
    await page.keyboard.press("Escape");
    await kept("Why closed");
    await page.getByRole("button", { name: "Checklist" }).click();
    await page.getByRole("checkbox").first().click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await focused("input[type=checkbox]");
    await page.keyboard.press("Escape");
    await kept("the checklist closed");
    await page.getByRole("button", { name: "Dismiss" }).focus();
    send(["call.paused", { call: "mock", by: "api", at_ms: 211_000, sample: 0 }]);
    await page.getByTestId("plate").waitFor();
    await focused(".stage");
    await page.getByRole("button", { name: "Resume listening" }).focus();
    send(["call.resumed", { call: "mock", by: "api", at_ms: 212_000, sample: 0 }], ["cue.shown", aDuty()]);
    await page.getByTestId("plate").waitFor({ state: "detached" });
    await focused(".stage");
    await page.getByRole("button", { name: "Said it" }).focus();
    send(["cue.closed", { id: "duty-1", reason: "said" }]);
    await page.getByTestId("overdue").waitFor({ state: "detached" });
    await focused(".stage");
    await page.getByRole("link", { name: "Back to the calls" }).click();
    await page.getByRole("heading", { name: "Calls" }).waitFor();
    await focused("h1");
  },

  async "the chooser gives the focus back"({ browser, server }) {
    const page = await openPage(browser, server.url);
    await page.getByRole("button", { name: "Play a demo call" }).click();
    await page.getByRole("button", { name: "A technical fault" }).waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Play a demo call");
  },

  async "the transcript follows through twenty resizes, and stops only for somebody who scrolls"(fixtures) {
    const utterances = Array.from({ length: 80 }, (_, at) => aLine(at, `Line ${at} ${"of many words ".repeat(1 + (at % 5))}`));
    const { page, send } = await mockCall(fixtures, { snapshot: snapshotOf({ utterances }) });
    const log = page.locator(".log");
    const fromEnd = () => log.evaluate((it) => Math.round(it.scrollHeight - it.scrollTop - it.clientHeight));
    const last = () => page.getByTestId("final").last().innerText();
    const follows = (what) => eventually(what, async () => (await fromEnd()) <= 2, 5000);
    await follows("the end");
    let line = 80;
    for (let turn = 0; turn < 20; ++turn) {
      await page.setViewportSize({ width: 280 + Math.floor(Math.random() * 1100), height: 500 + Math.floor(Math.random() * 500) });
      if (turn % 3 === 0) send(["utterance.final", aLine(line, `Said after resize ${line++}`)]);
      await follows(`the end after resize ${turn}`);
      assert.equal(await page.getByRole("button", { name: /^Latest/ }).count(), 0);
    }
    await page.setViewportSize({ width: 360, height: 720 });
    await follows("the end");
    await eventually("the newest words", async () => (await last()).includes(`resize ${line - 1}`));
    await log.hover();
    await page.mouse.wheel(0, -400);
    await page.getByRole("button", { name: /^Latest/ }).waitFor();
    const at = await log.evaluate((it) => it.scrollTop);
    send(["utterance.final", aLine(line, "Said while away")]);
    await page.getByRole("button", { name: "Latest (1 new)" }).waitFor();
    assert.ok(Math.abs((await log.evaluate((it) => it.scrollTop)) - at) <= 2, "the view does not move");
    await page.setViewportSize({ width: 360, height: 600 });
    assert.equal(await page.getByRole("button", { name: /^Latest/ }).count(), 1, "a resize does not take it up again");
    await page.getByRole("button", { name: /^Latest/ }).click();
    await follows("the end again");
    await log.focus();
    await page.keyboard.press("PageUp");
    await page.getByRole("button", { name: /^Latest/ }).waitFor();
    await page.keyboard.press("End");
    await follows("the end by key");
    assert.equal(await page.getByRole("button", { name: /^Latest/ }).count(), 0);
  },
};
