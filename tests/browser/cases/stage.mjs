// The stage: what the law wants said is whole, nothing moves, a card that is looked at stays.
import assert from "node:assert/strict";
import { aCue, aDuty, ITEMS, mockCall, snapshotOf } from "../mock.mjs";
import { eventually, saidAt, sideways, status } from "../page.mjs";

const SIXTY = "Before you pay I must tell you that you can cancel this contract within fourteen days without giving any reason and that we then return every payment within another fourteen days although the equipment has to come back to us undamaged in the box in which it came and the cost of sending it is yours to pay unless it was faulty from the start".split(" ");

// What of a box cannot be seen: its own rest, and what its surroundings cut off.
const hidden = (locator) =>
  locator.evaluate((element) => {
    const rest = element.scrollHeight - element.clientHeight;
    const own = element.getBoundingClientRect();
    const stage = element.closest(".stage").getBoundingClientRect();
    return Math.max(rest, own.bottom - stage.bottom, stage.top - own.top, own.right - innerWidth, -own.left);
  });
const geometry = (page) => page.getByTestId("stage").evaluate((stage) => [stage.getBoundingClientRect().top, stage.getBoundingClientRect().height]);

export const cases = {
  async "overdue words are whole at every width from 280 to 1280, with sixty of them"(fixtures) {
    assert.ok(SIXTY.length >= 51);
    const duty = aDuty({ headline: SIXTY.slice(0, 9).join(" "), body: SIXTY.slice(9).concat(SIXTY).slice(0, 51).join(" ") });
    const { page, send } = await mockCall(fixtures);
    send(["cue.shown", aCue()], ["cue.shown", duty]);
    const lane = page.getByTestId("overdue");
    await lane.waitFor();
    for (const width of [280, 300, 320, 339, 340, 360, 420, 600, 768, 1023, 1024, 1280]) {
      await page.setViewportSize({ width, height: 720 });
      const words = (await lane.innerText()).replace(/\s+/g, " ");
      for (const part of [duty.headline, duty.body]) assert.ok(words.includes(part), words);
      assert.ok((await hidden(lane)) <= 1, `at ${width} px ${await hidden(lane)} px are hidden`);
      assert.ok((await hidden(page.getByTestId("folded"))) <= 1, `at ${width} px the folded cue is hidden`);
      assert.equal(await sideways(page), false, `sideways at ${width} px`);
    }
    assert.equal(await page.getByTestId("cue").count(), 0, "the cue folds to a line");
    await page.getByTestId("folded").click();
    await page.getByTestId("why").getByText("No charge for the first").waitFor();
  },

  async "the stage keeps its place and height through all states"(fixtures) {
    for (const width of [280, 360, 1280]) {
      const { page, send, health, beat, silence } = await mockCall(fixtures, { viewport: { width, height: 720 } });
      const seen = [];
      const look = async (state, ready) => {
        await ready();
        seen.push([state, ...(await geometry(page))]);
      };
      const plate = (word) => () => page.getByTestId("plate").getByText(word).waitFor();
      await look("listening", () => page.getByText("Listening", { exact: true }).waitFor());
      send(["cue.shown", aCue()]);
      await look("cue", () => page.getByTestId("cue").waitFor());
      send(["cue.shown", aDuty()]);
      await look("overdue", () => page.getByTestId("overdue").waitFor());
      send(["call.paused", { call: "mock", by: "api", at_ms: 200_000, sample: 0 }]);
      await look("paused, overdue", plate("Not listening"));
      send(["cue.closed", { id: "duty-1", reason: "said" }]);
      await look("paused", () => page.getByTestId("overdue").waitFor({ state: "detached" }));
      send(["call.resumed", { call: "mock", by: "api", at_ms: 210_000, sample: 0 }], ["cue.closed", { id: "cue-1", reason: "expired" }]);
      for (const [over, word] of [[{ captions: "stopped" }, "Transcript stopped"], [{ audio: "none" }, "No audio"], [{ audio: "lost" }, "Source lost"], [{ audio: "waiting" }, "Waiting for audio"]]) {
        health(over);
        await look(word, plate(word));
      }
      for (const [over, word] of [[{ captions: "delayed" }, /^Text is behind/], [{ saved: false }, /^Not saved/], [{ suggestions: "paused" }, /^No cues by meaning/]]) {
        health(over);
        beat({ lag_ms: 14_000 });
        await look(String(word), () => page.getByTestId("slot-words").filter({ hasText: word }).waitFor());
      }
      health({});
      silence();
      await look("reconnecting", () => page.getByTestId("slot-words").filter({ hasText: "Not receiving" }).waitFor());
      send(["call.ended", { call: "mock", reason: "hangup", duration_ms: 252_000, coverage: {} }]);
      await look("ended", plate("The call has ended"));
      for (const [state, top, height] of seen) assert.deepEqual([top, height], seen[0].slice(1), `${state} at ${width} px`);
      assert.equal(seen.length, 14);
    }
  },

  async "a card that is hovered survives its end and its replacement"(fixtures) {
    const { page, send, asked } = await mockCall(fixtures);
    send(["cue.shown", aCue()]);
    const card = page.getByTestId("cue");
    await card.hover();
    send(["cue.closed", { id: "cue-1", reason: "expired" }]);
    await page.getByTestId("kept").waitFor();
    send(["cue.shown", aCue({ id: "cue-2", headline: "Ask for the order number" })]);
    const chip = page.getByRole("button", { name: "1 Ask for the order number" });
    await chip.waitFor();
    assert.match(await card.innerText(), /First reminder is free/);
    await page.mouse.move(5, 715);
    await card.getByText("Ask for the order number").waitFor();
    assert.equal(await page.getByTestId("kept").count(), 0);
    assert.deepEqual(asked, []);
  },

  async "a card under the keyboard or explained stays, and is left for the stage"(fixtures) {
    const { page, send } = await mockCall(fixtures);
    send(["cue.shown", aCue()]);
    const why = page.getByTestId("cue").getByRole("button", { name: "Why" });
    await why.focus();
    send(["cue.closed", { id: "cue-1", reason: "replaced" }], ["cue.shown", aCue({ id: "cue-2", headline: "Ask for the order number" })]);
    await page.getByTestId("kept").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Why", "the focus is where it was");
    await page.keyboard.press("Enter");
    await page.getByTestId("why").getByText("The second costs 7.50").waitFor();
    await page.getByRole("button", { name: "Ask", exact: true }).focus();
    await page.mouse.move(5, 715);
    send(["cue.closed", { id: "cue-2", reason: "expired" }]);
    await page.waitForTimeout(600);
    assert.equal(await page.getByTestId("why").count(), 1, "Why is not torn away");
    assert.match(await page.getByTestId("cue").innerText(), /First reminder is free/);
    await page.keyboard.press("Escape");
    await page.getByTestId("cue").waitFor({ state: "detached" });
    send(["cue.shown", aCue({ id: "cue-3" })]);
    await page.getByRole("button", { name: "Dismiss" }).click();
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "stage");
  },

  async "words to say stand in quotation marks, once"(fixtures) {
    const { page, send } = await mockCall(fixtures);
    for (const [id, body] of [["one", "I am still with you."], ["two", "“I am still with you.”"], ["three", '"I am still with you."']]) {
      send(["cue.shown", aCue({ id, kind: "say", body })]);
      const words = page.locator("q");
      await eventually(id, async () => (await words.innerText()) === body);
      const marks = await words.evaluate((q) => getComputedStyle(q).quotes);
      assert.equal(marks === "none", body !== "I am still with you.");
      send(["cue.closed", { id, reason: "expired" }]);
      await words.waitFor({ state: "detached" });
    }
  },

  async "paused is unmistakable: a plate instead of the cue, in words for the caller"(fixtures) {
    const { page, send, asked, refuse } = await mockCall(fixtures);
    send(["cue.shown", aCue()]);
    await page.getByTestId("cue").waitFor();
    send(["call.paused", { call: "mock", by: "api", at_ms: 211_000, sample: 0 }]);
    const plate = page.getByTestId("plate");
    await plate.getByText("Not listening 00:41").waitFor();
    assert.match(await plate.innerText(), /The card can be read out now\.\s+Resume listening/);
    assert.match(await status(page), /Paused 00:41/);
    assert.equal(await page.getByTestId("cue").count(), 0, "cues leave");
    assert.ok(await plate.evaluate((it) => getComputedStyle(it).backgroundImage.includes("repeating-linear-gradient")), "hatched");
    refuse("/resume", 503);
    await plate.getByRole("button", { name: "Resume listening" }).click();
    await saidAt(page, "Resume failed", 0);
    assert.equal(asked.at(-1).path, "/v1/calls/mock/resume");
  },

  async "a pause that failed is said where the status is, pushes nothing, and goes when the link is good again"(fixtures) {
    const { page, refuse, asked, send } = await mockCall(fixtures);
    const before = await geometry(page);
    refuse("/pause", 503);
    await page.getByRole("button", { name: "Pause listening" }).click();
    await page.getByTestId("plate").getByText("Pause failed: still listening").waitFor();
    assert.match(await status(page), /Pause failed/);
    assert.deepEqual(await geometry(page), before);
    refuse("/pause");
    await page.getByRole("button", { name: "Pause again" }).click();
    await eventually("the second try", async () => asked.filter(({ path }) => path.endsWith("/pause")).length === 2);
    send(["call.paused", { call: "mock", by: "api", at_ms: 250_000, sample: 0 }]);
    await page.getByTestId("plate").getByText("Not listening").waitFor();
    assert.doesNotMatch(await status(page), /failed/);
    send(["call.resumed", { call: "mock", by: "api", at_ms: 251_000, sample: 0 }]);
    refuse("/pause", 503);
    await page.getByRole("button", { name: "Pause listening" }).click();
    await page.getByTestId("plate").getByText("Pause failed").waitFor();
    await page.getByText("Listening", { exact: true }).waitFor({ timeout: 15_000 });
  },

  async "the slot and the status tell the same, whatever is the matter"(fixtures) {
    const { page, health } = await mockCall(fixtures);
    const slot = () => page.getByTestId("plate").or(page.getByTestId("slot-words")).first().innerText();
    for (const captions of ["live", "delayed", "degraded", "stopped"])
      for (const audio of ["ok", "none", "lost", "waiting"])
        for (const saved of [true, false])
          for (const suggestions of ["on", "paused"]) {
            const well = captions === "live" && audio === "ok" && saved && suggestions === "on";
            health({ captions, audio, saved, suggestions });
            await eventually(`${captions} ${audio} ${saved} ${suggestions}`, async () => {
              const [word, words] = [await status(page), await slot()];
              return well === /Live/.test(word) && well === /^Listening$/.test(words.trim());
            });
          }
  },

  async "nothing is claimed before the first snapshot"(fixtures) {
    const { page } = await mockCall(fixtures, { silent: true });
    await page.getByTestId("plate").getByText("Connecting").waitFor();
    const words = await page.locator("main").innerText();
    for (const claim of ["heard", "Listening", "Live,", "must be said", "Must say", "Checklist", "00:", "No words yet", "Pause"]) assert.ok(!words.replace(/^Live call.*$/m, "").includes(claim), `"${claim}" in: ${words}`);
    assert.equal(snapshotOf().checklist, ITEMS);
  },
};
