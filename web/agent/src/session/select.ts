// What the views show, derived from the state. Pure; `now` is page time in ms.
import type { Cue, Entity, Gap, Pause, TrackName, Utterance } from "../connection/wire";
import type { CallState } from "./state";

export type Tone = "live" | "delayed" | "connecting" | "paused" | "error";
export interface Status {
  tone: Tone;
  word: string;
  detail: string;
}

// The server beats every 500 ms: silent for longer than this, the page is not receiving.
export const SERVER_SILENT_MS = 1000;

export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
}
const seconds = (ms: number): string => String(Math.max(0, Math.floor(ms / 1000)));

// Every state that holds, the first wins; the others open from "+1".
export function statuses(state: CallState, now: number): Status[] {
  if (state.ended) return [{ tone: "paused", word: `Ended ${clock(state.ended.duration_ms)}`, detail: endWords(state.ended.reason) }];
  const all: Status[] = [];
  const { health } = state;
  const push = (tone: Tone, word: string, detail: string) => all.push({ tone, word, detail });
  const silent = state.loaded && now - state.heardAt > SERVER_SILENT_MS;
  const gone = state.connection === "gone" || silent;
  if (health.captions === "stopped") push("error", "Captions stopped", "No text or cues. Tick must-say by hand.");
  if (health.audio === "none") push("error", "No audio for 5 s", "No cues. Check headset and softphone.");
  if (health.audio === "lost") push("error", "Source lost", "The call's audio is awaited for 30 s.");
  if (state.unsavedSince !== undefined) push("error", `Not saved ${seconds(now - state.unsavedSince)} s`, "Captions go on; text is held in memory until the store is back.");
  if (gone) push("delayed", `Reconnecting ${seconds(now - (state.loaded ? state.heardAt : (state.goneSince ?? now)))} s`, "Screen is behind. Capture goes on. Carry on.");
  if (state.pausedSince !== undefined) push("paused", `Paused ${clock(state.mediaMs - state.pausedSince)}`, "Nothing is heard or stored. Resume after the card.");
  if (health.captions === "delayed") push("delayed", `Captions delayed ${Math.max(2, Math.round(state.lagMs / 1000))} s`, "Text is behind. Late cues are dropped.");
  if (health.captions === "degraded") push("delayed", "Captions degraded", "A stand-by recogniser listens, or older words are still to come.");
  if (health.suggestions === "paused") push("delayed", "Suggestions paused", "No cues by meaning. Captions and must-say work.");
  if (!state.loaded || health.audio === "waiting") push("connecting", "Connecting", "Call found, no audio yet. Carry on.");
  if (all.length === 0) push("live", state.info?.demo ? "Demo" : "Live", "Captions and cues work.");
  return all;
}

function endWords(reason: string): string {
  const words: Record<string, string> = { hangup: "The call was hung up.", lost: "The call's source did not come back.", silent: "No audio came for 10 minutes.", stopped: "The call was stopped here." };
  return words[reason] ?? "";
}

export const receiving = (state: CallState, now: number): boolean => !state.ended && state.connection === "open" && now - state.heardAt <= SERVER_SILENT_MS;

// --- who speaks ---

// Whose words: in a call with one channel a guess.
export const saidBy = (utterance: Utterance): TrackName => utterance.speaker ?? utterance.track;
export const isWeakGuess = (utterance: Utterance): boolean => utterance.speaker !== undefined && (utterance.speaker_confidence ?? 0) < SURE;
// Guesses of at least this were right 97 to 99 times in a hundred on the calls of `make bench NAME=speakers`.
const SURE = 0.8;
export const ONE_CHANNEL = "One channel: who speaks is a guess";

// --- transcript ---

export type Row =
  | { kind: "utterance"; key: string; at: number; utterance: Utterance; overlaps: boolean }
  | { kind: "gap"; key: string; at: number; gap: Gap }
  | { kind: "pause"; key: string; at: number; pause: Pause };

export function rows(state: CallState): Row[] {
  const out: Row[] = state.utterances.map((utterance, i) => {
    const before = state.utterances[i - 1];
    return { kind: "utterance", key: `${utterance.track}-${utterance.utterance}`, at: utterance.start_ms, utterance, overlaps: before !== undefined && saidBy(before) !== saidBy(utterance) && before.end_ms > utterance.start_ms };
  });
  for (const gap of state.gaps) if (gap.end_ms - gap.start_ms >= 200) out.push({ kind: "gap", key: `gap-${gap.track}-${gap.start_ms}`, at: gap.start_ms, gap });
  for (const pause of state.pauses) out.push({ kind: "pause", key: `pause-${pause.at_ms}`, at: pause.at_ms, pause });
  return out.sort((a, b) => a.at - b.at);
}

// --- cues ---

// The agent is in mid-speech while their words grow: a cue waits for the pause, as long as it is fresh.
const AGENT_PAUSE_MS = 1300;
export type Hold = "show" | "wait" | "late";
export function hold(cue: Cue, state: CallState, now: number, offset: number): Hold {
  if (cue.lane === "compliance") return "show";
  if (now + offset > cue.spoken_us / 1000 + cue.fresh_ms) return "late";
  const speaking = state.partials.agent !== undefined && now - state.agentSpokeAt < AGENT_PAUSE_MS;
  return speaking ? "wait" : "show";
}

export const active = (state: CallState, lane: Cue["lane"]): Cue | undefined => state.cues.findLast((cue) => cue.lane === lane && cue.state === "shown");
export const earlier = (state: CallState): Cue[] => state.cues.filter((cue) => cue.state === "closed").reverse();

// --- coverage ---

// Never rounded up: 100 % is said only where nothing is missing.
export function heardText(heard: number, gaps: number): string {
  const percent = gaps > 0 || heard < 1 ? Math.min(99.99, Math.floor(heard * 10000) / 100) : 100;
  return `${percent === 100 ? "100" : percent.toFixed(2)} % heard`;
}

export interface CoverageSum {
  heard: number;
  gaps: number;
  gapMs: number;
  pauseMs: number;
}
export function coverageSum(coverage: CallState["coverage"]): CoverageSum {
  let good = 0;
  let due = 0;
  const sum: CoverageSum = { heard: 1, gaps: 0, gapMs: 0, pauseMs: 0 };
  for (const track of Object.values(coverage)) {
    good += track.final_ms + track.silence_ms;
    due += track.final_ms + track.silence_ms + track.gap_ms;
    sum.gaps += track.gaps;
    sum.gapMs += track.gap_ms;
    sum.pauseMs = Math.max(sum.pauseMs, track.pause_ms);
  }
  return { ...sum, heard: due > 0 ? good / due : 1 };
}
export function coverageText(coverage: CallState["coverage"]): string {
  const sum = coverageSum(coverage);
  const parts = [heardText(sum.heard, sum.gaps)];
  if (sum.pauseMs > 0) parts.push(`${Math.round(sum.pauseMs / 1000)} s paused`);
  if (sum.gaps > 0) parts.push(`${sum.gaps} ${sum.gaps === 1 ? "gap" : "gaps"} ${(sum.gapMs / 1000).toFixed(1)} s`);
  return parts.join(", ");
}

// The text of an utterance, cut where it names something.
export function pieces(utterance: Utterance): { text: string; entity?: Entity }[] {
  const out: { text: string; entity?: Entity }[] = [];
  let at = 0;
  for (const entity of utterance.entities ?? []) {
    const from = entity.text === "" ? -1 : utterance.text.indexOf(entity.text, at);
    if (from < 0) continue;
    if (from > at) out.push({ text: utterance.text.slice(at, from) });
    at = from + entity.text.length;
    out.push({ text: utterance.text.slice(from, at), entity });
  }
  if (at < utterance.text.length) out.push({ text: utterance.text.slice(at) });
  return out;
}
