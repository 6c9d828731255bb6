// What a call is like now, in words: the status line and the slot are said by one function, so that they cannot
// contradict each other. Nothing is claimed of a call before its first snapshot. Pure; `now` is page time in ms.
import { clock, receiving, seconds } from "./select";
import type { CallState } from "./state";

export type Tone = "live" | "delayed" | "connecting" | "paused" | "error";
export interface Status {
  tone: Tone;
  word: string;
  detail: string;
}
// Stands where the cue would: mark, word, what to do and at most one thing to press.
export interface Plate {
  kind: "connecting" | "paused" | "error" | "ended";
  word: string;
  what: string;
  act?: "resume" | "again" | "past";
}
export interface View {
  status: Status[]; // every one that holds, the first is the one to know first; never empty
  plate?: Plate;
  slotWords: string; // where there is no cue and no plate
}
// What the agent asked for in vain, and since when (page time).
export interface Failed {
  wanted: "pause" | "resume";
  at: number;
}

interface Condition extends Status {
  plate?: Plate;
  slotWords: string;
}

const plated = (status: Status, kind: Plate["kind"], word: string, what: string, act?: Plate["act"]): Condition => ({ ...status, plate: { kind, word, what, ...(act ? { act } : {}) }, slotWords: word });

export function view(state: CallState, now: number, failed?: Failed): View {
  const all = conditions(state, now, failed);
  const [first] = all;
  // A pause is said whatever else holds: what must not be heard is being read out.
  const plate = (pausedNow(state, now) ? all.find((one) => one.plate?.kind === "paused") : first)?.plate;
  return { status: all.map(({ tone, word, detail }) => ({ tone, word, detail })), ...(plate ? { plate } : {}), slotWords: first?.slotWords ?? "" };
}

const pausedNow = (state: CallState, now: number): boolean => state.loaded && !state.ended && state.pausedSince !== undefined && receiving(state, now);

function conditions(state: CallState, now: number, failed: Failed | undefined): Condition[] {
  if (state.ended) return [ended(state.ended)];
  if (!state.loaded) return [unknown(state, now)];
  const all: Condition[] = [];
  if (failed) all.push(inVain(failed));
  const hearing = troubleOfHearing(state);
  if (state.pausedSince === undefined) all.push(...hearing.filter((one) => one.tone === "error"));
  if (state.unsavedSince !== undefined) all.push({ tone: "error", word: `Not saved ${seconds(now - state.unsavedSince)} s`, detail: "Transcript and cues go on; text is held in memory until the store is back.", slotWords: "Not saved yet. Transcript and cues go on." });
  if (!receiving(state, now)) all.push(behind(state, now));
  else if (state.pausedSince !== undefined) all.push(paused(state.mediaMs - state.pausedSince));
  if (state.cutOff && receiving(state, now)) all.push({ tone: "delayed", word: "Words come late", detail: "Parts of the server do not reach each other: words and cues come once they are stored.", slotWords: "Words and cues come late. Carry on." });
  all.push(...hearing.filter((one) => !all.includes(one) && (state.pausedSince === undefined || one.tone !== "connecting")));
  if (all.length === 0) all.push({ tone: "live", word: state.info?.demo ? "Demo" : "Live", detail: "Transcript and cues work.", slotWords: "Listening" });
  return all;
}

function ended({ reason, duration_ms }: NonNullable<CallState["ended"]>): Condition {
  const words: Record<string, string> = { hangup: "The call was hung up.", lost: "The call's source did not come back.", silent: "No audio came for 10 minutes.", stopped: "The call was stopped here." };
  const what = words[reason] ?? "The call is over.";
  return plated({ tone: "paused", word: `Ended ${clock(duration_ms)}`, detail: what }, "ended", "The call has ended", what, "past");
}

function unknown(state: CallState, now: number): Condition {
  if (state.connection !== "gone") return plated({ tone: "connecting", word: "Connecting", detail: "Nothing is known of the call yet. Carry on." }, "connecting", "Connecting", "Nothing is known of the call yet. Carry on.");
  const word = `No server ${seconds(now - (state.goneSince ?? now))} s`;
  return plated({ tone: "delayed", word, detail: "The server does not answer. Tried again and again." }, "connecting", "The server does not answer", "Nothing is known of the call yet. It is tried again and again. Carry on.");
}

function inVain({ wanted }: Failed): Condition {
  if (wanted === "resume") return plated({ tone: "error", word: "Resume failed", detail: "Still not listening: resume again." }, "error", "Resume failed", "Still not listening.", "again");
  return plated({ tone: "error", word: "Pause failed", detail: "Still listening. Stop the digits, pause again." }, "error", "Pause failed: still listening", "Stop the digits, pause again.", "again");
}

function paused(forMs: number): Condition {
  const status: Status = { tone: "paused", word: `Paused ${clock(forMs)}`, detail: "Nothing is heard or stored. Resume after the card." };
  return plated(status, "paused", `Not listening ${clock(forMs)}`, "The card can be read out now.", "resume");
}

function behind(state: CallState, now: number): Condition {
  const wasPaused = state.pausedSince !== undefined;
  const slotWords = wasPaused ? "Not receiving. It was paused when last heard of." : "Not receiving. What is here is from before.";
  return { tone: "delayed", word: `Reconnecting ${seconds(now - state.heardAt)} s`, detail: "Screen is behind. Carry on.", slotWords };
}

function troubleOfHearing({ health, lagMs }: CallState): Condition[] {
  const all: Condition[] = [];
  const error = (word: string, detail: string, what: string) => all.push(plated({ tone: "error", word, detail }, "error", word, what));
  if (health.captions === "stopped") error("Transcript stopped", "No text or cues. Tick must-say by hand.", "No text and no cues. Tick must-say by hand.");
  if (health.audio === "none") error("No audio for 5 s", "No cues. Check headset and softphone.", "No cues. Check headset and softphone.");
  if (health.audio === "lost") error("Source lost", "The call's audio is awaited for 30 s.", "No cues. The call's audio is awaited for 30 s.");
  if (health.captions === "delayed") all.push({ tone: "delayed", word: `Transcript delayed ${Math.max(2, Math.round(lagMs / 1000))} s`, detail: "Text is behind. Late cues are dropped.", slotWords: "Text is behind. Cues that come too late are dropped." });
  if (health.captions === "degraded") all.push({ tone: "delayed", word: "Transcript less exact", detail: "A stand-by recogniser or a smaller model listens, or older words are still to come.", slotWords: "Text may be less exact. Cues go on." });
  if (health.suggestions === "paused") all.push({ tone: "delayed", word: "Suggestions paused", detail: "No cues by meaning. Transcript and must-say work.", slotWords: "No cues by meaning now. Transcript and must-say work." });
  if (health.audio === "waiting") all.push(plated({ tone: "connecting", word: "Connecting", detail: "Call found, no audio yet. Carry on." }, "connecting", "Waiting for audio", "The call is found, no audio came yet. Carry on."));
  return all;
}
