// A demo call is heard in step with the page.
import assert from "node:assert/strict";
import { eventually, openPage } from "../page.mjs";

// What a listener calls in step with the words.
const IN_STEP_MS = 300;

const played = (page) => page.evaluate(() => {
  const sound = document.querySelector("audio");
  // The element comes when its recording has arrived.
  return sound ? { ms: sound.currentTime * 1000, playing: !sound.paused, muted: sound.muted } : { ms: 0, playing: false, muted: false };
});
const callMs = async (server, call) => (await server.get("/v1/calls")).calls.find((one) => one.call === call).duration_ms;

// How far the sound is from the call: both are looked at as close together as can be.
async function apart(page, server, call) {
  const before = await callMs(server, call);
  const { ms, playing } = await played(page);
  const after = await callMs(server, call);
  return playing ? Math.max(0, before - ms, ms - after) : Infinity;
}

// A busy machine may hold up one look or the sound itself; what is not in step is brought back. So it is in step when
// it stays so for three seconds.
async function inStep(page, server, call) {
  const misses = [];
  let good = 0;
  await eventually("the sound in step for three seconds", async () => {
    const ms = await apart(page, server, call);
    good = ms < IN_STEP_MS ? good + 1 : 0;
    if (good === 0) misses.push(ms.toFixed(0));
    if (good === 10) return true;
    await page.waitForTimeout(300);
    return false;
  }, 30_000).catch((error) => { throw new Error(`${error.message}; apart by ${misses.join(", ")} ms`); });
}

export const cases = {
  async "a demo call that was asked for is heard in step, silent while paused, and off at a press"({ browser, server, after }) {
    const page = await openPage(browser, server.url);
    await page.getByRole("button", { name: "Play a demo call" }).click();
    await page.getByRole("button", { name: "A technical fault" }).click();
    await page.waitForURL(/\/calls\//);
    const call = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
    after(() => server.post(`/v1/calls/${call}/stop`));
    await page.getByRole("button", { name: "Sound on" }).waitFor();
    await inStep(page, server, call);
    assert.equal((await played(page)).muted, false);
    await page.getByRole("button", { name: "Pause listening" }).click();
    await eventually("silence", async () => (await played(page)).muted);
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await eventually("sound", async () => !(await played(page)).muted);
    await inStep(page, server, call);
    await page.getByRole("button", { name: "Sound on" }).click();
    await eventually("off", async () => !(await played(page)).playing);
    await page.waitForTimeout(2500);
    await page.getByRole("button", { name: "Sound off" }).click();
    await inStep(page, server, call);
  },

  async "a page that nobody pressed is off until somebody presses"({ browser, server, after }) {
    const { call } = await server.post("/v1/demos/fault/play");
    after(() => server.post(`/v1/calls/${call}/stop`).catch(() => undefined));
    const page = await openPage(browser, `${server.url}/calls/${call}`);
    // To look at a page counts as a press: the first look comes when its sound would have begun.
    await eventually("words", async () => (await server.get(`/v1/calls/${call}`)).utterances.length > 0);
    assert.equal((await played(page)).playing, false);
    await page.getByRole("button", { name: "Sound off" }).click();
    await inStep(page, server, call);
    assert.deepEqual(page.problems, []);
  },

  async "the sound of a demo call is a WAV file of PCM, and of nothing else there is one"({ server }) {
    const answer = await fetch(`${server.url}/v1/demos/fault/audio`);
    assert.equal(answer.headers.get("content-type"), "audio/wav");
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16), "RIFFWAVEfmt ");
    assert.deepEqual([bytes.readUInt16LE(20), bytes.readUInt16LE(22), bytes.readUInt16LE(34)], [1, 2, 16], "PCM, two channels, 16 bits");
    const { demos } = await server.get("/v1/demos");
    const { duration_ms } = demos.find(({ name }) => name === "fault");
    assert.ok(Math.abs((bytes.length - 44) / 4 / bytes.readUInt32LE(24) - duration_ms / 1000) < 0.5);
    assert.equal((await fetch(`${server.url}/v1/demos/none/audio`)).status, 404);
  },
};
