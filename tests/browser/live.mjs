// A live call on a page, as several cases need it.
import { startNetwork } from "./network.mjs";
import { agrees, eventually, openPage } from "./page.mjs";

// A demo call of the test's own, on a page that shows its first words. It ends with the test.
export async function liveCall({ browser, server, after }, { through = server.url, demo = "fault", ...options } = {}) {
  const { call } = await server.post(`/v1/demos/${demo}/play`);
  after(() => server.post(`/v1/calls/${call}/stop`).catch(() => undefined));
  const page = await openPage(browser, `${through}/calls/${call}`, options);
  await page.getByTestId("final").first().waitFor({ timeout: 60_000 });
  return { page, call };
}

export async function liveThroughNetwork(fixtures) {
  const network = await startNetwork(fixtures.server.url);
  fixtures.after(() => network.stop());
  const { page, call } = await liveCall(fixtures, { through: network.url });
  await agrees(page, fixtures.server, call);
  return { network, page, call };
}

// The server has stored words that the page cannot know of yet.
export const newWords = (server, call, than) => eventually("new words at the server", async () => (await server.get(`/v1/calls/${call}`)).utterances.length > than);
