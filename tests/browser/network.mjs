// A network between the page and the server that a test can break: every connection passes through it.
import { connect, createServer } from "node:net";

// { url, cut(), swallow(), mend(), stop() }
export async function startNetwork(serverUrl) {
  const { hostname, port } = new URL(serverUrl);
  const pairs = new Set();
  let state = "whole";
  const listener = createServer((near) => {
    if (state === "cut") return near.destroy();
    const far = connect(Number(port), hostname);
    const pair = [near, far];
    pairs.add(pair);
    const end = () => (near.destroy(), far.destroy(), pairs.delete(pair));
    for (const socket of pair) socket.on("error", end).on("close", end);
    if (state === "whole") near.pipe(far).pipe(near);
  });
  await new Promise((listening) => listener.listen(0, hostname, listening));
  const endAll = () => [...pairs].forEach(([near]) => near.destroy());
  return {
    url: `http://${hostname}:${listener.address().port}`,
    // Every connection breaks, new ones are refused.
    cut: () => ((state = "cut"), endAll()),
    // Nothing more comes through, and nobody is told: neither on the connections there are nor on new ones.
    swallow: () => {
      state = "swallows";
      for (const [near, far] of pairs) near.unpipe(far).pause(), far.unpipe(near).pause();
    },
    // New connections work; those that were swallowed stay dead.
    mend: () => (state = "whole"),
    stop: () => (endAll(), new Promise((closed) => listener.close(closed))),
  };
}
