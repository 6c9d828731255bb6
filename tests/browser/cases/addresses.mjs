// Addresses, tokens and messages that are not right: each has its words, none a blank page.
import assert from "node:assert/strict";
import { aCue, aLine, mockCall, snapshotOf } from "../mock.mjs";
import { eventually, goWithin, openPage } from "../page.mjs";
import { startServer } from "../server.mjs";

const ODD_IDS = ["sip:7@host", "a/b", "a\\b", "two words", "a&b=c"];
const SUMMARY = { call: "c1", tenant: "t", agent: "a", demo: false, live: false, started: "2026-01-05T10:00:00Z", duration_ms: 1000, cues: 0, late: 0, heard: 1, end_reason: "hangup" };

const json = (route, body, status = 200) => route.fulfill({ status, contentType: "application/json", body: JSON.stringify(body) });

export const cases = {
  async "an address that is none says so, and leads back"({ browser, server }) {
    for (const [address, words] of [["/nowhere", "There is no such page"], ["/calls/a/b", "There is no such page"], ["/calls/%E0%A4%A", "This address is broken"], ["/calls/never-was", "There is no such call"]]) {
      const page = await openPage(browser, server.url);
      await goWithin(page, address);
      await page.getByRole("heading", { name: words }).waitFor();
      await page.getByRole("link", { name: "Back to the calls" }).click();
      await page.getByRole("heading", { name: "Calls" }).waitFor();
      assert.equal(new URL(page.url()).pathname, "/");
      assert.deepEqual(page.problems.filter((one) => !one.includes("404")), []);
    }
  },

  async "a wrong token is told apart from none"({ browser, after }) {
    const server = await startServer("--token", "the-right-token-of-32-characters");
    after(() => server.stop());
    for (const address of ["/", "/calls/some"]) {
      const page = await openPage(browser, server.url + address);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      assert.equal(await page.getByText("not known here").count(), 0);
      await page.getByLabel("Token").fill("a-wrong-token");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("This token is not known here. Ask your administrator.").waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.name), "token");
      await page.getByLabel("Token").fill("the-right-token-of-32-characters");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: address === "/" ? "Calls" : "There is no such call" }).waitFor();
    }
  },

  async "a first load without a server says that nothing is known, and goes on when it answers"({ browser, server }) {
    for (const [address, then] of [["/", "Calls"], ["/calls/never-was", "There is no such call"]]) {
      const page = await openPage(browser, server.url + address, { prepare: (it) => it.route("**/v1/**", (route) => route.abort()) });
      await page.getByText("The server does not answer").waitFor();
      const words = await page.locator("main").innerText();
      for (const claim of ["from before", "No calls yet", "heard"]) assert.ok(!words.includes(claim), words);
      await page.unroute("**/v1/**");
      await page.getByRole("heading", { name: then }).waitFor();
      await eventually("the end of the trouble", async () => (await page.getByText("The server does not answer").count()) === 0);
    }
  },

  async "metadata and messages of the wrong types cost themselves, never the page"(fixtures) {
    const { browser, server } = fixtures;
    const calls = [{ ...SUMMARY, metadata: { title: { a: 1 } } }, { ...SUMMARY, call: "c2", metadata: 7 }, { call: { not: "text" } }, { ...SUMMARY, call: "c3", started: "never", metadata: { title: "A good one" } }];
    const start = await openPage(browser, server.url, { prepare: (it) => it.route("**/v1/calls", (route) => json(route, { calls })) });
    await start.getByText("A good one").waitFor();
    assert.deepEqual(await start.locator("a.call .grow").allInnerTexts(), ["c1", "c2", "A good one"]);
    assert.deepEqual(start.problems, []);
    const info = { ...snapshotOf().info, metadata: { title: { a: 1 }, demo: [] } };
    const { page, send, raw } = await mockCall(fixtures, { snapshot: snapshotOf({ info }) });
    for (const wrong of ["", "{", "null", '"x"', "[]", '{"type":"snapshot","call":null}', '{"type":"beat"}', '{"type":"delta","events":7}', '{"type":"news"}']) raw(wrong);
    send(["cue.shown", { id: "bad", headline: { a: 1 } }], ["utterance.final", { text: null }], ["checklist.ticked", { item: 7 }], ["call.health", {}], ["cue.shown", aCue({ source: "none", because: 7, stages_ms: [] })]);
    await page.getByTestId("cue").getByText("First reminder is free").waitFor();
    await page.getByTestId("cue").getByRole("button", { name: "Why" }).click();
    await page.getByTestId("why").waitFor();
    assert.equal(await page.getByTestId("broken").count(), 0);
    assert.deepEqual(page.problems, []);
  },

  async "a view that fails costs itself, and can be tried again"(fixtures) {
    const because = { utterance: "agent-1", speaker: "agent", text: "being recorded", start_ms: 0, end_ms: 3000, trigger: "phrase", pattern: "", score: 1 };
    const checklist = [{ item: "recording", label: "Recording notice", ticked: { because } }];
    // Sentences are cut by this; nothing else of the page needs it.
    const prepare = (it) =>
      it.addInitScript(() => {
        const whole = String.prototype.matchAll;
        String.prototype.matchAll = function (...rest) {
          if (window.breaks) throw new Error("broken on purpose");
          return whole.apply(this, rest);
        };
      });
    const { page, send } = await mockCall(fixtures, { prepare, snapshot: snapshotOf({ checklist, utterances: [aLine(1, "This call is being recorded.")] }) });
    await page.evaluate(() => void (window.breaks = true));
    await page.getByRole("button", { name: /^Checklist/ }).click();
    await page.getByTestId("broken").getByText("This pane cannot be shown").waitFor();
    send(["cue.shown", aCue()]);
    await page.getByTestId("cue").waitFor();
    await page.evaluate(() => void (window.breaks = false));
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("“This call is being recorded.”").waitFor();
  },

  async "calls whose ids hold any character have a page"(fixtures) {
    const { browser, server } = fixtures;
    const prepare = (it) =>
      it.route("**/v1/calls/**", (route) => {
        const id = decodeURIComponent(new URL(route.request().url()).pathname.slice("/v1/calls/".length));
        return json(route, { ...snapshotOf(), status: "ended", duration_ms: 1000, end_reason: "hangup", info: { ...snapshotOf().info, call: id, metadata: {} } });
      });
    const list = (it) => it.route("**/v1/calls", (route) => json(route, { calls: ODD_IDS.map((call) => ({ ...SUMMARY, call, metadata: {} })) }));
    const page = await openPage(browser, server.url, { prepare: async (it) => (await prepare(it), await list(it)) });
    for (const id of ODD_IDS) {
      await page.getByRole("link", { name: id }).click();
      await page.getByRole("heading", { name: id, exact: true }).waitFor();
      await page.reload();
      await page.getByRole("heading", { name: id, exact: true }).waitFor();
      await page.goBack();
      await page.getByRole("heading", { name: "Calls" }).waitFor();
    }
  },

  async "every page has a title of its own"(fixtures) {
    const { browser, server, after } = fixtures;
    const locked = await startServer("--token", "the-right-token-of-32-characters");
    after(() => locked.stop());
    const titles = [];
    const titled = async (page, heading) => {
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      titles.push(await page.title());
    };
    await titled(await openPage(browser, server.url), "Calls");
    await titled(await openPage(browser, `${server.url}/nowhere`), "There is no such page");
    await titled(await openPage(browser, `${server.url}/calls/never-was`), "There is no such call");
    const broken = await openPage(browser, server.url);
    await goWithin(broken, "/calls/%E0%A4%A");
    await titled(broken, "This address is broken");
    await titled(await openPage(browser, locked.url), "Sign in");
    const { page, send } = await mockCall(fixtures);
    await titled(page, "Live call, Billing");
    send(["call.ended", { call: "mock", reason: "hangup", duration_ms: 252_000, coverage: {} }]);
    await page.getByRole("button", { name: "Open the past call" }).waitFor();
    titles.push(await page.title());
    const past = snapshotOf({ status: "ended", duration_ms: 252_000, end_reason: "hangup" });
    await titled(await openPage(browser, `${server.url}/calls/mock`, { prepare: (it) => it.route("**/v1/calls/mock", (route) => json(route, past)) }), "Billing");
    assert.equal(new Set(titles).size, 8, titles.join("; "));
    for (const title of titles) assert.match(title, /\S · Sotto$/);
    assert.ok(titles.includes("Live, Billing · Sotto"), titles.join("; "));
  },
};
