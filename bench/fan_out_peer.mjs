// The peer of bench_fan_out: npm ws, behind those addresses of Sotto that the client uses.
// Usage: node fan_out_peer.mjs MODULES MESSAGES      MESSAGES: JSON, what a tick and what its taking back is told by, with
// the reason "round 00000". Prints its port. It keeps nothing.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [modules, file] = process.argv.slice(2);
const { WebSocketServer } = createRequire(modules + "/")("ws");
const messages = JSON.parse(readFileSync(file, "utf8"));
const followers = new Map(); // call -> sockets

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

function tell(call, { ticked, reason }) {
  const message = Buffer.from(messages[ticked ? "ticked" : "unticked"].replace("round 00000", reason));
  for (const socket of followers.get(call) ?? []) socket.send(message, { binary: false });
}

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    const asked = JSON.parse(body);
    if (request.url === "/v1/tickets") return answer(response, 201, { ticket: asked.call });
    const call = request.url.split("/")[3];
    tell(call, asked);
    answer(response, 200, { call });
  });
});
server.keepAliveTimeout = 60_000;

new WebSocketServer({ server, path: "/v1/subscribe" }).on("connection", (socket) => {
  socket.once("message", (text) => {
    const call = JSON.parse(text).ticket;
    if (!followers.has(call)) followers.set(call, new Set());
    followers.get(call).add(socket);
    socket.on("close", () => followers.get(call).delete(socket));
    socket.send('{"type":"snapshot"}');
  });
});

server.listen(0, "127.0.0.1", 4096, () => console.log(server.address().port));
