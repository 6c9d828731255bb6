// The checklist: ticked by words with their whole sentence, or by hand with a reason.
import assert from "node:assert/strict";
import { liveCall } from "../live.mjs";
import { aDuty, aLine, mockCall, snapshotOf } from "../mock.mjs";
import { eventually, openPage } from "../page.mjs";

const refused = (url, body) => fetch(url, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }).then(async (answer) => [answer.status, (await answer.json()).error?.code]);

export const cases = {
  async "an item is ticked by hand with a reason, taken back, and kept with the call"(fixtures) {
    const { browser, server } = fixtures;
    const { page, call } = await liveCall(fixtures);
    const item = async (name) => (await server.get(`/v1/calls/${call}`)).checklist.find((one) => one.item === name);
    await page.getByRole("button", { name: /^Checklist/ }).click();
    const recap = page.getByRole("checkbox", { name: "Recap of what was agreed" });
    await recap.click();
    assert.equal(await recap.isChecked(), false, "not before there is a reason");
    await page.getByLabel("Another reason").fill("Sent in writing before");
    await page.keyboard.press("Enter");
    await eventually("the tick", async () => (await item("recap")).ticked?.by === "agent");
    assert.equal((await item("recap")).ticked.reason, "Sent in writing before");
    await page.getByText("By hand: Sent in writing before").waitFor();
    assert.equal(await recap.isChecked(), true);
    const other = await openPage(browser, `${server.url}/calls/${call}`);
    await other.getByRole("button", { name: /^Checklist/ }).click();
    await other.getByText("By hand: Sent in writing before").waitFor();
    await recap.click();
    await page.getByRole("button", { name: "Ticked by mistake" }).click();
    await eventually("no tick", async () => (await item("recap")).ticked === undefined);
    const { events } = await server.get(`/v1/calls/${call}/events`);
    const logged = events.filter(({ type, data }) => type.startsWith("sotto.checklist.") && data.by === "agent").map(({ type, data }) => [type, data.item, data.reason]);
    assert.deepEqual(logged, [["sotto.checklist.ticked", "recap", "Sent in writing before"], ["sotto.checklist.unticked", "recap", "Ticked by mistake"]]);
  },

  async "a tick by hand that cannot be is refused in words"(fixtures) {
    const { server } = fixtures;
    const { call } = await liveCall(fixtures);
    const at = (id, item) => `${server.url}/v1/calls/${id}/checklist/${item}`;
    assert.deepEqual(await refused(at(call, "nothing"), { ticked: true, reason: "x" }), [404, "no_such_item"]);
    assert.deepEqual(await refused(at(call, "recap"), { ticked: true }), [400, "missing_field"]);
    assert.deepEqual(await refused(at(call, "recap"), { ticked: true, reason: "  " }), [400, "missing_field"]);
    assert.deepEqual(await refused(at(call, "recap"), { reason: "x" }), [400, "missing_field"]);
    assert.deepEqual(await refused(at(call, "recap"), { ticked: true, reason: "é".repeat(201) }), [400, "bad_reason"]);
    assert.deepEqual(await refused(at(call, "recap"), { ticked: true, reason: "card 4111 1111 1111 1111" }), [400, "bad_reason"]);
    assert.deepEqual(await refused(at("never-was", "recap"), { ticked: true, reason: "x" }), [409, "not_live"]);
    assert.deepEqual(await refused(at(call, "recap"), { ticked: true, reason: "é".repeat(200) }), [200, undefined]);
  },

  async "a duty is settled by hand from where it stands; a refusal is shown beside the reason"(fixtures) {
    const { page, asked, send, refuse } = await mockCall(fixtures);
    send(["cue.shown", aDuty()]);
    await page.getByRole("button", { name: "Said it" }).click();
    refuse("/checklist/", 409);
    await page.getByRole("button", { name: "I said it, it was not heard" }).click();
    await page.getByText("Not saved: the test refuses").waitFor();
    refuse("/checklist/");
    await page.getByRole("button", { name: "I said it, it was not heard" }).click();
    await eventually("the second try", async () => asked.length === 2);
    assert.deepEqual(asked[1], { method: "POST", path: "/v1/calls/mock/checklist/cancel_right", body: { ticked: true, reason: "I said it, it was not heard" } });
    send(["checklist.ticked", { item: "cancel_right", label: "Right to cancel named", by: "agent", reason: "I said it, it was not heard" }], ["cue.closed", { id: "duty-1", reason: "said" }]);
    await page.getByTestId("overdue").waitFor({ state: "detached" });
    await page.getByText("By hand: I said it, it was not heard").waitFor();
  },

  async "a tick shows the whole sentence it rests on; no feeling is read into words"(fixtures) {
    const heard = "Good morning, Billing. Just so you know, this call is being recorded for quality. How can I help?";
    const utterances = [aLine(1, heard), aLine(2, "I hate this, it is terrible.")];
    const because = { utterance: "agent-1", speaker: "agent", text: "being recorded", start_ms: 0, end_ms: 3000, trigger: "phrase", pattern: "being recorded", score: 1 };
    const understood = [{ utterance: "customer-2", intents: [{ name: "complaint", probability: 0.9 }], sentiment: -0.9, mood: -0.5 }];
    const { page, send } = await mockCall(fixtures, { snapshot: snapshotOf({ utterances, understood }) });
    await page.getByTestId("final").last().waitFor();
    assert.doesNotMatch(await page.locator("main").innerText(), /negative|positive|sentiment|mood/i);
    send(["checklist.ticked", { item: "recording", label: "Recording notice", policy: "notice", because }]);
    await page.getByRole("button", { name: /^Checklist/ }).click();
    const item = page.getByTestId("item-recording");
    await item.getByText("“Just so you know, this call is being recorded for quality.”").waitFor();
    assert.equal(await item.getByRole("checkbox").isChecked(), true);
  },
};
