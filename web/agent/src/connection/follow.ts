// Follows one live call: ticket, socket, resume by cursor, clock offset by ping. Knows nothing of what the messages mean.
import { api, Refused } from "./api";
import { serverMessage } from "./decode";
import type { ServerMessage } from "./wire";

export interface Listener {
  onMessage(message: ServerMessage): void;
  // The socket is open, or gone and tried again, or the call is over (the server said so, or no longer knows it as live).
  onState(state: "open" | "gone" | "over", why?: string): void;
}

const PING_EVERY_MS = 2000;
// A network may swallow a connection without a word. The server beats every 500 ms and answers each ping: silent for
// this long, the socket is given up for a new one.
const GIVE_UP_MS = 5000;
const BACK_OFF_MS = [200, 400, 800, 1500, 3000];

// The page's clock is performance.now() on the epoch: it never jumps.
export const pageNow = (): number => performance.timeOrigin + performance.now();

export class Follower {
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pinger: ReturnType<typeof setInterval> | undefined;
  private cursor: string | undefined;
  private failures = 0;
  private stopped = false;
  private heardAt = 0;
  private bestRoundTrip = Infinity;
  // Server time minus page time, ms; and how wrong it can be.
  offset = 0;
  clockError = 0;

  constructor(
    private readonly call: string,
    private readonly listener: Listener,
  ) {
    void this.connect();
  }

  close(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.pinger);
    this.socket?.close();
  }

  send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private async connect(): Promise<void> {
    try {
      const ticket = await api.ticket(this.call);
      if (this.stopped) return;
      this.open(ticket);
    } catch (error) {
      if (error instanceof Refused && (error.status === 409 || error.status === 404)) return this.listener.onState("over");
      this.retry(error instanceof Error ? error.message : String(error));
    }
  }

  private open(ticket: string): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/v1/subscribe`);
    this.socket = socket;
    this.heardAt = pageNow();
    clearInterval(this.pinger);
    this.pinger = setInterval(() => this.ping(), PING_EVERY_MS);
    socket.onopen = () => {
      this.failures = 0;
      this.send({ type: "subscribe", ticket, cursor: this.cursor });
      this.listener.onState("open");
      this.ping();
    };
    socket.onmessage = (event: MessageEvent<string>) => this.take(event.data);
    socket.onclose = (event) => this.closed(event.code, event.reason);
  }

  private closed(code: number, why: string): void {
    clearInterval(this.pinger);
    if (this.stopped) return;
    if (code === 1000) this.listener.onState("over");
    else this.retry(why);
  }

  private retry(why: string): void {
    if (this.stopped) return;
    this.listener.onState("gone", why);
    const wait = BACK_OFF_MS[Math.min(this.failures++, BACK_OFF_MS.length - 1)] ?? 3000;
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private ping(): void {
    if (pageNow() - this.heardAt < GIVE_UP_MS) return this.send({ type: "ping", t: pageNow() });
    if (!this.leave()) return;
    this.closed(1006, "nothing was heard");
  }

  // Gives the socket up: its own close event might wait for an answer that does not come.
  private leave(): boolean {
    const socket = this.socket;
    if (!socket) return false;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    clearInterval(this.pinger);
    return true;
  }

  // Words were taken back, and may stand anywhere on the page: the call is asked for anew, as it is now.
  private askAnew(): void {
    this.cursor = undefined;
    if (this.leave()) void this.connect();
  }

  private take(text: string): void {
    this.heardAt = pageNow();
    let message: ServerMessage;
    try {
      message = serverMessage(text);
    } catch (error) {
      console.warn("a message of the server was left out:", error);
      return;
    }
    this.receive(message);
  }

  // The least round trip gives the best offset (Cristian 1989).
  private receive(message: ServerMessage): void {
    if (message.type === "pong") {
      const roundTrip = pageNow() - message.t;
      if (roundTrip < this.bestRoundTrip) {
        this.bestRoundTrip = roundTrip;
        this.offset = message.time_us / 1000 - (message.t + roundTrip / 2);
        this.clockError = roundTrip / 2;
      }
      return;
    }
    if (message.type === "delta" && message.events.some((event) => event.type === "sotto.event.redacted")) return this.askAnew();
    if (message.type === "snapshot" || message.type === "delta") this.cursor = message.cursor;
    this.listener.onMessage(message);
  }
}
