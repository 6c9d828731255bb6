// What the page knows of a call. One pure reducer: message -> state. The views only render it.
import type { CallInfo, CallSnapshot, ChecklistItem, CloudEvent, Coverage, Cue, Gap, Health, Pause, ServerMessage, TrackName, Utterance, Because, Understood, Alert, Tag } from "../connection/wire";
import { saidBy } from "./select";

export interface CallState {
  connection: "connecting" | "open" | "gone";
  goneSince: number | undefined; // page time, ms
  heardAt: number; // page time of the last message
  loaded: boolean;
  info: CallInfo | undefined;
  ended: { reason: string; duration_ms: number } | undefined;
  utterances: Utterance[];
  gaps: Gap[];
  pauses: Pause[];
  cues: Cue[];
  checklist: ChecklistItem[];
  understood: Record<string, Understood>; // by utterance
  alerts: Alert[];
  tags: Tag[];
  health: Health;
  unsavedSince: number | undefined;
  pausedSince: number | undefined; // media time
  partials: Partial<Record<TrackName, Utterance>>;
  agentSpokeAt: number; // page time of the agent's last growing words
  mediaMs: number;
  lagMs: number;
  coverage: Coverage;
  cursor: number;
}

export type Action =
  | { type: "message"; message: ServerMessage; at: number }
  | { type: "connection"; state: "open" | "gone"; at: number };

export const HEALTHY: Health = { captions: "live", lag_ms: 0, saved: true, suggestions: "on", audio: "waiting" };

export const EMPTY: CallState = {
  connection: "connecting",
  goneSince: undefined,
  heardAt: 0,
  loaded: false,
  info: undefined,
  ended: undefined,
  utterances: [],
  gaps: [],
  pauses: [],
  cues: [],
  checklist: [],
  understood: {},
  alerts: [],
  tags: [],
  health: HEALTHY,
  unsavedSince: undefined,
  pausedSince: undefined,
  partials: {},
  agentSpokeAt: 0,
  mediaMs: 0,
  lagMs: 0,
  coverage: {},
  cursor: 0,
};

export function reduce(state: CallState, action: Action): CallState {
  if (action.type === "connection") {
    const gone = action.state === "gone";
    return { ...state, connection: action.state, goneSince: gone ? (state.goneSince ?? action.at) : undefined };
  }
  const heard = { ...state, heardAt: action.at };
  const message = action.message;
  switch (message.type) {
    case "snapshot":
      return fromSnapshot(heard, message.call, message.cursor, action.at);
    case "delta":
      return { ...message.events.reduce((next, event) => apply(next, event, action.at), heard), loaded: true };
    case "beat":
      return { ...heard, mediaMs: message.media_ms, lagMs: message.lag_ms, coverage: message.coverage };
    default:
      return heard;
  }
}

function fromSnapshot(state: CallState, call: CallSnapshot, cursor: number, at: number): CallState {
  const open = call.pauses.at(-1);
  const next: CallState = {
    ...state,
    loaded: true,
    info: call.info,
    utterances: sorted(call.utterances),
    gaps: call.gaps,
    pauses: call.pauses,
    cues: call.cues.filter((cue) => cue.headline !== undefined),
    checklist: call.checklist,
    understood: Object.fromEntries(call.understood.map((one) => [one.utterance, one])),
    alerts: call.alerts,
    tags: call.tags,
    partials: {},
    pausedSince: open && open.end_ms === undefined ? open.at_ms : undefined,
    coverage: call.coverage ?? state.coverage,
    cursor,
    ended: call.status === "ended" ? { reason: call.end_reason ?? "", duration_ms: call.duration_ms ?? 0 } : undefined,
  };
  return withHealth(next, { ...HEALTHY, ...call.health }, at);
}

// The past call as the page of a live one would stand at its end.
export function fromPast(call: CallSnapshot): CallState {
  return { ...fromSnapshot(EMPTY, call, 0, 0), connection: "open", mediaMs: call.duration_ms ?? 0 };
}

function sorted(utterances: Utterance[]): Utterance[] {
  return [...utterances].sort((a, b) => a.start_ms - b.start_ms);
}

function withHealth(state: CallState, health: Health, at: number): CallState {
  const unsavedSince = health.saved ? undefined : (state.unsavedSince ?? at);
  const utterances = health.saved && state.utterances.some((u) => u.unpersisted) ? state.utterances.map(({ unpersisted: _, ...rest }) => rest) : state.utterances;
  return { ...state, health, unsavedSince, utterances };
}

function apply(state: CallState, event: CloudEvent, at: number): CallState {
  if (event.type === "sotto.hypothesis.partial") return withPartial(state, event.data as unknown as Utterance, at);
  if (event.number <= state.cursor) return state; // seen before
  const next = { ...state, cursor: event.number };
  const data = event.data as never;
  switch (event.type) {
    case "sotto.call.started":
      return { ...next, info: data, checklist: (event.data["checklist"] as ChecklistItem[] | undefined) ?? [] };
    case "sotto.utterance.final":
      return withFinal(next, event.unpersisted ? { ...(data as Utterance), unpersisted: true } : data);
    case "sotto.utterance.revised":
      return withRevised(next, data);
    case "sotto.coverage.gap":
      return { ...next, gaps: [...next.gaps, data] };
    case "sotto.call.paused":
      return { ...next, pauses: [...next.pauses, data], pausedSince: (data as Pause).at_ms, partials: {} };
    case "sotto.call.resumed":
      return { ...next, pausedSince: undefined, pauses: next.pauses.map((p, i) => (i === next.pauses.length - 1 ? { ...p, end_ms: event.data["at_ms"] as number } : p)) };
    case "sotto.call.health":
      return withHealth(next, data, at);
    case "sotto.checklist.ticked":
      return { ...next, checklist: next.checklist.map((c) => (c.item === event.data["item"] ? { ...c, ticked: { because: event.data["because"] as Because } } : c)) };
    case "sotto.checklist.unticked":
      return { ...next, checklist: next.checklist.map(({ ticked, ...item }) => (item.item === event.data["item"] || !ticked ? item : { ...item, ticked })) };
    case "sotto.utterance.understood":
      return { ...next, understood: { ...next.understood, [(data as Understood).utterance]: data } };
    case "sotto.alert.raised":
      return { ...next, alerts: [...next.alerts, data] };
    case "sotto.call.tagged":
      return { ...next, tags: [...next.tags, data] };
    case "sotto.call.ended":
      return { ...next, partials: {}, ended: data, coverage: (event.data["coverage"] as Coverage | undefined) ?? next.coverage };
    default:
      return withCue(next, event);
  }
}

function withPartial(state: CallState, partial: Utterance, at: number): CallState {
  const known = state.utterances.some((u) => u.track === partial.track && u.utterance >= partial.utterance);
  if (known || state.pausedSince !== undefined) return state;
  const who = saidBy(partial);
  // One channel has one line of growing words: it moves to whoever is taken to speak.
  const partials = partial.speaker === undefined ? { ...state.partials, [who]: partial } : { [who]: partial };
  return { ...state, partials, agentSpokeAt: who === "agent" ? at : state.agentSpokeAt };
}

function withFinal(state: CallState, final: Utterance): CallState {
  const partials = { ...state.partials };
  // Words of now stay while older ones take their places before them.
  for (const party of final.speaker === undefined ? [final.track] : (["customer", "agent"] as const)) {
    const partial = partials[party];
    if (!partial?.provisional || partial.end_ms <= final.end_ms) delete partials[party];
  }
  return { ...state, partials, utterances: sorted([...state.utterances, final]) };
}

function withRevised(state: CallState, revised: Utterance): CallState {
  const same = (known: Utterance): boolean => known.track === revised.track && known.utterance === revised.utterance;
  return { ...state, utterances: sorted(state.utterances.map((known) => (same(known) ? revised : known))) };
}

function withCue(state: CallState, event: CloudEvent): CallState {
  const change = (id: unknown, to: (cue: Cue) => Cue): CallState => ({ ...state, cues: state.cues.map((cue) => (cue.id === id ? to(cue) : cue)) });
  switch (event.type) {
    case "sotto.cue.shown":
      return { ...state, cues: [...state.cues, { ...(event.data as unknown as Cue), state: "shown" }] };
    case "sotto.cue.closed":
      return change(event.data["id"], (cue) => ({ ...cue, state: "closed", reason: event.data["reason"] as string }));
    case "sotto.cue.displayed":
      return change(event.data["id"], (cue) => ({ ...cue, displayed: event.data as unknown as { stages_ms: Cue["stages_ms"] } }));
    default:
      return state;
  }
}
