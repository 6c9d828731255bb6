// Larger text, more space between letters, narrow windows: everything can be read and pressed.
import assert from "node:assert/strict";
import { aCue, aDuty, aLine, mockCall, snapshotOf } from "../mock.mjs";
import { openPage, sideways } from "../page.mjs";

const SPACED = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }";
// As long as a policy may write it.
const LONG = "You can cancel within 14 days of paying without giving a reason, and every payment is then returned within another 14 days; the equipment has to come back undamaged and the cost of sending it is yours.";
const LINES = Array.from({ length: 12 }, (_, at) => aLine(at, `Line ${at}, and I would like to know what it costs.`));

// Parts that cannot be read or pressed as they stand, each by scrolling at most: out of the window sideways, of no size,
// or cut off by a box that does not scroll.
function lost(page) {
  return page.evaluate(() => {
    const problems = [];
    for (const element of document.querySelectorAll("main button, main a, main input, main time, .headline, .body, .badge, .must div, .must p, .plate p, .slot .empty, .line .text")) {
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      const at = element.getBoundingClientRect();
      const name = `${element.tagName}.${element.className} "${element.textContent.trim().slice(0, 30)}"`;
      if (at.width < 1 || at.height < 1) problems.push(`${name} has no size`);
      if (at.left < -1 || at.right > innerWidth + 1) problems.push(`${name} from ${at.left.toFixed(0)} to ${at.right.toFixed(0)} of ${innerWidth}`);
      for (let around = element.parentElement; around && around.id !== "root"; around = around.parentElement) {
        const overflow = getComputedStyle(around).overflowY;
        const box = around.getBoundingClientRect();
        if (at.top - box.top + around.scrollTop < -1 && overflow !== "visible") problems.push(`${name} is above where ${around.className} can scroll to`);
        if (overflow === "auto" || overflow === "scroll") break;
        if (overflow === "hidden" && (at.bottom > box.bottom + 1 || at.top < box.top - 1 || at.right > box.right + 1)) problems.push(`${name} is cut off by ${around.className}`);
      }
    }
    return problems;
  });
}

async function survives(fixtures, viewport, change) {
  const { page, send, health } = await mockCall(fixtures, { viewport, snapshot: snapshotOf({ utterances: LINES }) });
  await change?.(page);
  const fine = async (state) => {
    await page.waitForTimeout(300);
    assert.deepEqual(await lost(page), [], `${state} at ${viewport.width} px`);
    assert.equal(await sideways(page), false, `${state}: no sideways scroll at ${viewport.width} px`);
    for (const target of await page.locator("main button:visible").all()) {
      const at = await target.boundingBox();
      assert.ok(at === null || (at.width >= 24 && at.height >= 24), `${state}: a target of ${at?.width} by ${at?.height}`);
    }
  };
  await fine("listening");
  send(["cue.shown", aCue()]);
  await page.getByTestId("cue").waitFor();
  await fine("cue");
  for (const pane of [/^Checklist/, /^Cues/, /^More/, "Why"]) {
    await page.getByRole("button", { name: pane }).first().click();
    await page.getByTestId("pane").waitFor();
    if (String(pane).includes("Checklist")) await page.getByRole("checkbox").first().click();
    await fine(`pane ${pane}`);
    await page.keyboard.press("Escape");
  }
  send(["cue.shown", aDuty({ body: LONG })]);
  await page.getByTestId("overdue").waitFor();
  await fine("overdue");
  health({ captions: "stopped", saved: false, suggestions: "paused" });
  await page.getByTestId("plate").waitFor();
  await fine("trouble");
  send(["call.paused", { call: "mock", by: "api", at_ms: 1000, sample: 0 }]);
  await page.getByText("The card can be read out now").waitFor();
  await fine("paused, overdue");
  send(["call.resumed", { call: "mock", by: "api", at_ms: 1100, sample: 0 }]);
  send(["cue.closed", { id: "duty-1", reason: "said" }], ["call.paused", { call: "mock", by: "api", at_ms: 1000, sample: 0 }]);
  await page.getByText("The card can be read out now").waitFor();
  await fine("paused");
  const start = await openPage(fixtures.browser, fixtures.server.url, { viewport, prepare: listed });
  await change?.(start);
  await start.getByRole("button", { name: "Play a demo call" }).click();
  await start.getByRole("button", { name: "A technical fault" }).waitFor();
  assert.equal(await sideways(start), false, "the start page");
  assert.deepEqual(await lost(start), [], "the start page");
}

// A list of calls, live and past.
const SUMMARY = { tenant: "t", agent: "a", demo: false, started: "2026-01-05T10:00:00Z", duration_ms: 401_000, cues: 3, late: 1, heard: 0.98, end_reason: "", metadata: { title: "A technical fault" } };
const CALLS = Array.from({ length: 30 }, (_, at) => ({ ...SUMMARY, call: `c${at}`, live: at < 2 }));
const listed = (page) => page.route("**/v1/calls", (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify({ calls: CALLS }) }));
const doubled = (page) => page.evaluate(() => void (document.documentElement.style.fontSize = "200%"));
const spaced = (page) => page.addStyleTag({ content: SPACED });

export const cases = {
  "text of 200 % loses nothing": async (fixtures) => {
    await survives(fixtures, { width: 360, height: 720 }, doubled);
    await survives(fixtures, { width: 1280, height: 800 }, doubled);
  },
  "text spacing loses nothing": async (fixtures) => {
    await survives(fixtures, { width: 360, height: 720 }, spaced);
    await survives(fixtures, { width: 1280, height: 800 }, spaced);
  },
  "a window of 320 px loses nothing": (fixtures) => survives(fixtures, { width: 320, height: 720 }),
  "a window of 280 px loses nothing": (fixtures) => survives(fixtures, { width: 280, height: 720 }),
  "a window of 180 px loses nothing": (fixtures) => survives(fixtures, { width: 180, height: 720 }),
  "a low window loses nothing": (fixtures) => survives(fixtures, { width: 640, height: 360 }),

  async "every status can be read in a narrow panel"(fixtures) {
    const { page } = await mockCall(fixtures);
    for (const width of [180, 280, 320, 360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const words of ["◐ Transcript delayed 14 s", "✕ Transcript stopped", "◐ Transcript less exact", "✕ No audio for 5 s", "◐ Reconnecting 125 s", "❙❙ Paused 10:41", "✕ Not saved 125 s", "◐ Suggestions paused", "✕ Resume failed"]) {
        const cut = await page.getByTestId("status").evaluate((badge, text) => {
          const copy = badge.cloneNode();
          copy.textContent = text;
          badge.replaceWith(copy);
          const [own, line] = [copy.getBoundingClientRect(), copy.closest(".status").getBoundingClientRect()];
          const clipped = copy.scrollWidth > copy.clientWidth || own.bottom > line.bottom + 1 || own.top < line.top - 1;
          copy.replaceWith(badge);
          return clipped;
        }, words);
        assert.equal(cut, false, `"${words}" is cut at ${width} px`);
      }
      assert.equal(await sideways(page), false, `no sideways scroll at ${width} px`);
    }
  },
};
