// What the page says of a network or a server that is not there, and how it catches up.
import assert from "node:assert/strict";
import { liveCall, liveThroughNetwork, newWords } from "../live.mjs";
import { agrees, eventually, lines, saidAt, showsAll, status } from "../page.mjs";

// The page promises to say within this that it does not hear its server.
const SAID_WITHIN_MS = 2000;

export const cases = {
  async "a network that breaks is said within two seconds and filled in without doubles"(fixtures) {
    const { server } = fixtures;
    const { network, page, call } = await liveThroughNetwork(fixtures);
    const at = Date.now();
    network.cut();
    const said = await saidAt(page, "Reconnecting", at);
    assert.ok(said - at <= SAID_WITHIN_MS, `said after ${said - at} ms`);
    await newWords(server, call, (await lines(page)).length);
    network.mend();
    await agrees(page, server, call);
    await showsAll(page, server, call);
  },

  async "a network that swallows everything is said within two seconds and left for a new connection"(fixtures) {
    const { server } = fixtures;
    const { network, page, call } = await liveThroughNetwork(fixtures);
    const at = Date.now();
    network.swallow();
    const said = await saidAt(page, "Reconnecting", at);
    assert.ok(said - at <= SAID_WITHIN_MS, `said after ${said - at} ms`);
    await newWords(server, call, (await lines(page)).length);
    network.mend();
    await agrees(page, server, call, 30_000);
    await showsAll(page, server, call);
  },

  async "a server that falls silent is said within two seconds and caught up with"(fixtures) {
    const { server } = fixtures;
    const { page, call } = await liveCall(fixtures);
    await agrees(page, server, call);
    const before = (await server.get(`/v1/calls/${call}`)).utterances.length;
    const at = Date.now();
    server.freeze();
    fixtures.after(() => server.thaw());
    const said = await saidAt(page, "Reconnecting", at);
    assert.ok(said - at <= SAID_WITHIN_MS, `said after ${said - at} ms`);
    await eventually("three seconds of silence", async () => /Reconnecting [3-9]/.test(await status(page)));
    server.thaw();
    await newWords(server, call, before);
    await agrees(page, server, call);
    await showsAll(page, server, call);
  },
};
