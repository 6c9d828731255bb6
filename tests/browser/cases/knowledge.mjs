// The ask-box: a sentence, a passage once, a list for a subject.
import assert from "node:assert/strict";
import { liveCall } from "../live.mjs";
import { box, eventually } from "../page.mjs";

const count = (text, part) => text.split(part).length - 1;

export const cases = {
  async "the agent asks: the sentence that answers, its passage once and on request, or none; by keyboard alone"(fixtures) {
    const { page } = await liveCall(fixtures);
    await page.keyboard.press("F6");
    await page.keyboard.press("a");
    await page.keyboard.type("What does it cost to move house?");
    await page.keyboard.press("Enter");
    const asked = page.getByTestId("asked");
    await asked.locator("summary").waitFor();
    const headline = await asked.locator("h2").innerText();
    assert.match(headline, /25 pounds/);
    assert.match(headline, /[.!?]$/, "a sentence");
    assert.equal(count(await asked.innerText(), headline), 1, "no passage before it is asked for");
    const before = await asked.innerText();
    await asked.locator("summary").focus();
    await page.keyboard.press("Enter");
    await asked.locator("mark").waitFor();
    assert.equal(await asked.locator(".passage").count(), 1);
    assert.ok((await asked.innerText()).length > before.length + headline.length);
    assert.doesNotMatch(await asked.innerText(), /\.md|Strong match/);
    await page.getByLabel("Ask the knowledge base").fill("Do you serve vegetarian lasagne on the moon?");
    await page.keyboard.press("Enter");
    await asked.getByText("No reliable answer found").waitFor();
    assert.equal(await asked.locator("summary").count(), 0, "what is far away is not named");
    await page.keyboard.press("Escape");
    await asked.waitFor({ state: "detached" });
    const at = await box(page, ".ask");
    assert.ok(Math.abs(at.height - 52) <= 1, `the ask-box is ${at.height} high`);
  },

  async "a subject gets a list of its articles, which open"(fixtures) {
    const { page, call } = await liveCall(fixtures);
    for (const subject of ["reminder", "exit fee", "the roaming"]) {
      const said = await fixtures.server.post(`/v1/calls/${call}/ask`, { question: subject });
      assert.equal(said.answer, null, subject);
      assert.equal(said.few_words, true);
      await page.getByLabel("Ask the knowledge base").fill(subject);
      await page.keyboard.press("Enter");
      const asked = page.getByTestId("asked");
      await eventually(subject, async () => /Articles about it/.test(await asked.innerText()) && (await asked.innerText()).includes(subject));
      const first = asked.locator("details").first();
      await first.locator("summary").click();
      assert.ok((await first.locator(".passage").innerText()).length > 20);
    }
    const { answer, few_words } = await fixtures.server.post(`/v1/calls/${call}/ask`, { question: "How much is the exit fee when I leave early?" });
    assert.ok(answer && few_words === undefined, "a question of enough words is answered");
  },
};
