// What the views show, derived from the state. Pure; `now` is page time in ms.
import type { Because, CallInfo, Cue, Entity, Gap, Pause, Side, TrackName, Transfer, Utterance } from "../connection/wire";
import type { CallState } from "./state";

// The server beats every 500 ms: silent for longer than this, the page is not receiving.
export const SERVER_SILENT_MS = 1000;

export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
}
export const seconds = (ms: number): string => String(Math.max(0, Math.floor(ms / 1000)));

export const receiving = (state: CallState, now: number): boolean => !state.ended && state.connection === "open" && now - state.heardAt <= SERVER_SILENT_MS;

// --- who speaks ---

// Whose words, the customer's or the agent's: in a call with one channel a guess.
export const saidBy = (utterance: Utterance): Side => utterance.speaker ?? (utterance.track === "customer" ? "customer" : "agent");
const isSide = (track: TrackName): track is Side => track === "customer" || track === "agent";
// Both parties are in its track.
export const inOneChannel = (utterance: Utterance): boolean => utterance.speaker !== undefined && isSide(utterance.track);
const SIDES: Record<Side, string> = { customer: "Customer", agent: "Agent" };
// As the source named them. Whoever reads a past call need not be its agent.
export function nameOf(info: CallInfo | undefined, track: TrackName, past: boolean): string {
  const party = info?.parties?.find((one) => one.track === track);
  if (party?.name) return party.name;
  if (!isSide(track)) return `Party ${track.slice(-1)}`;
  return track === "agent" && !past ? "You" : SIDES[track];
}
export const speakerOf = (info: CallInfo | undefined, utterance: Utterance, past: boolean): string => nameOf(info, isSide(utterance.track) ? saidBy(utterance) : utterance.track, past);
// The words that grow on a side: of a conference, those of whoever spoke last there.
export const growing = (state: CallState, side: Side): Utterance | undefined =>
  Object.values(state.partials)
    .filter((partial) => saidBy(partial) === side)
    .sort((a, b) => b.end_ms - a.end_ms)[0];
export const isWeakGuess = (utterance: Utterance): boolean => utterance.speaker !== undefined && (utterance.speaker_confidence ?? 0) < SURE;
// Guesses of at least this were right 97 to 99 times in a hundred on the calls of `make bench NAME=speakers`.
const SURE = 0.8;
export const ONE_CHANNEL = "One channel: who speaks is a guess";

// --- transcript ---

export type Row =
  | { kind: "utterance"; key: string; at: number; utterance: Utterance; overlaps: boolean }
  | { kind: "gap"; key: string; at: number; gap: Gap }
  | { kind: "transfer"; key: string; at: number; transfer: Transfer }
  | { kind: "pause"; key: string; at: number; pause: Pause };

export function rows(state: CallState): Row[] {
  const out: Row[] = state.utterances.map((utterance, i) => {
    const before = state.utterances[i - 1];
    return { kind: "utterance", key: `${utterance.track}-${utterance.utterance}`, at: utterance.start_ms, utterance, overlaps: before !== undefined && saidBy(before) !== saidBy(utterance) && before.end_ms > utterance.start_ms };
  });
  for (const gap of state.gaps) if (gap.end_ms - gap.start_ms >= 200) out.push({ kind: "gap", key: `gap-${gap.track}-${gap.start_ms}`, at: gap.start_ms, gap });
  for (const pause of state.pauses) out.push({ kind: "pause", key: `pause-${pause.at_ms}`, at: pause.at_ms, pause });
  for (const transfer of state.transfers) out.push({ kind: "transfer", key: `transfer-${transfer.at_ms}`, at: transfer.at_ms, transfer });
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

const onScreen = (lane: Cue["lane"]) => (cue: Cue): boolean => cue.lane === lane && cue.state === "shown";
export const active = (state: CallState, lane: Cue["lane"]): Cue | undefined => state.cues.findLast(onScreen(lane));
// What the law wants said by now, the newest first.
export const overdue = (state: CallState): Cue[] => state.cues.filter(onScreen("compliance")).reverse();
// While nothing is received nobody says that a cue is over: its own clock does.
export const outlived = (cue: Cue, state: CallState, now: number, offset: number): boolean => !receiving(state, now) && now + offset > cue.guided_us / 1000 + cue.shown_ms;
export const earlier = (state: CallState): Cue[] => state.cues.filter((cue) => cue.state === "closed").reverse();

// --- evidence ---

export const utteranceId = (utterance: Utterance): string => `${utterance.track}-${utterance.utterance}`;
// The whole sentence that words stand in, of what was heard; the words themselves where they are not found there.
export function sentenceOf(because: Because, utterances: Utterance[]): string {
  const heard = utterances.find((one) => utteranceId(one) === because.utterance)?.text ?? "";
  const at = heard.toLowerCase().indexOf(because.text.toLowerCase());
  if (because.text === "" || at < 0) return because.text || heard;
  const ends = [...heard.matchAll(/[.!?]+(?=\s|$)/g)].map((end) => end.index + end[0].length);
  const from = ends.findLast((end) => end <= at) ?? 0;
  const to = ends.find((end) => end >= at + because.text.length) ?? heard.length;
  return heard.slice(from, to).trim();
}
// An article by its file: what people read of it.
export function articleName(source: { file: string; heading: string; title?: string }): string {
  const file = source.file.replace(/^.*\//, "").replace(/\.[a-z]+$/i, "").replaceAll(/[_-]+/g, " ");
  const name = source.title || file.charAt(0).toUpperCase() + file.slice(1);
  return source.heading && source.heading.toLowerCase() !== name.toLowerCase() ? `${name}: ${source.heading}` : name;
}

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
  if (!Object.values(coverage).some((track) => track.final_ms + track.silence_ms + track.gap_ms > 0)) return "Nothing heard yet";
  const sum = coverageSum(coverage);
  const parts = [heardText(sum.heard, sum.gaps)];
  if (sum.pauseMs > 0) parts.push(`${Math.round(sum.pauseMs / 1000)} s paused`);
  if (sum.gaps > 0) parts.push(`${sum.gaps} ${sum.gaps === 1 ? "gap" : "gaps"} ${(sum.gapMs / 1000).toFixed(1)} s`);
  return parts.join(", ");
}

// A word that was heard with less probability than this is marked: as the guidance trusts it (limits.h, kSureWord).
const SURE_WORD = 0.5;

export interface Piece {
  text: string;
  entity?: Entity;
  unsure?: true;
}
interface Range {
  from: number;
  to: number;
}

// Where texts that follow one another stand in `whole`; those that do not stand there are passed over.
function found<T extends { text: string }>(whole: string, parts: readonly T[]): (Range & { part: T })[] {
  const out: (Range & { part: T })[] = [];
  let at = 0;
  for (const part of parts) {
    const from = part.text === "" ? -1 : whole.indexOf(part.text, at);
    if (from < 0) continue;
    at = from + part.text.length;
    out.push({ from, to: at, part });
  }
  return out;
}

// The text of an utterance, cut where it names something and where a word was heard uncertainly.
export function pieces(utterance: Utterance): Piece[] {
  const { text } = utterance;
  const entities = found(text, utterance.entities ?? []);
  const unsure = found(text, utterance.words).filter(({ part }) => (part.confidence ?? 1) < SURE_WORD);
  const cuts = [...new Set([0, text.length, ...[...entities, ...unsure].flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b);
  const covers = (from: number) => (range: Range): boolean => range.from <= from && from < range.to;
  return cuts.slice(0, -1).map((from, at) => {
    const entity = entities.find(covers(from))?.part;
    return { text: text.slice(from, cuts[at + 1]), ...(entity && { entity }), ...(unsure.some(covers(from)) && { unsure: true as const }) };
  });
}
