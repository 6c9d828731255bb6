// What the page knows of a call. One pure reducer: message -> state. The views only render it.
import type { CallInfo, CallSnapshot, ChecklistItem, CloudEvent, Coverage, Cue, Gap, Health, Pause, ServerMessage, Ticked, TrackName, Transfer, Utterance, Understood, Alert, Tag } from "../connection/wire";
import { inOneChannel, saidBy } from "./select";

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
  transfers: Transfer[];
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
  beatAt: number; // page time when mediaMs was heard; 0: not yet
  lagMs: number;
  cutOff: boolean; // whoever carries the call is not heard by the server the page has
  coverage: Coverage;
  number: number; // of the newest stored event
  retold: boolean; // something was told before it was stored: what is told later may be here already
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
  transfers: [],
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
  beatAt: 0,
  lagMs: 0,
  cutOff: false,
  coverage: {},
  number: 0,
  retold: false,
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
      return fromSnapshot(heard, message.call, action.at);
    case "delta":
      return { ...message.events.reduce((next, event) => apply(next, event, action.at), heard), loaded: true };
    case "beat":
      return { ...heard, mediaMs: message.media_ms, beatAt: action.at, lagMs: message.lag_ms, coverage: message.coverage, cutOff: message.cut_off ?? false };
    default:
      return heard;
  }
}

function fromSnapshot(state: CallState, call: CallSnapshot, at: number): CallState {
  const open = call.pauses.at(-1);
  const next: CallState = {
    ...state,
    loaded: true,
    info: call.info,
    utterances: sorted(call.utterances),
    gaps: call.gaps,
    pauses: call.pauses,
    transfers: call.transfers,
    cues: call.cues,
    checklist: call.checklist,
    understood: Object.fromEntries(call.understood.map((one) => [one.utterance, one])),
    alerts: call.alerts,
    tags: call.tags,
    partials: {},
    pausedSince: open && open.end_ms === undefined ? open.at_ms : undefined,
    coverage: call.coverage ?? state.coverage,
    number: call.number,
    retold: state.retold || call.health?.saved === false,
    ended: call.status === "ended" ? { reason: call.end_reason ?? "", duration_ms: call.duration_ms ?? 0 } : undefined,
  };
  return withHealth(next, { ...HEALTHY, ...call.health }, at);
}

// The past call as the page of a live one would stand at its end.
export function fromPast(call: CallSnapshot): CallState {
  return { ...fromSnapshot(EMPTY, call, 0), connection: "open", mediaMs: call.duration_ms ?? 0 };
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
  if (event.type === "sotto.cue.expected") return withCue(state, event);
  // What could not be stored yet has the number 0, and comes again with its own: what it adds is added once.
  if (event.number > 0 && event.number <= state.number) return state; // seen before
  const next = { ...state, number: Math.max(state.number, event.number), retold: state.retold || event.number === 0 };
  const data = event.data as never;
  switch (event.type) {
    case "sotto.call.started":
      return { ...next, info: data, checklist: (event.data["checklist"] as ChecklistItem[] | undefined) ?? [] };
    case "sotto.utterance.final":
      return withFinal(next, event.unpersisted ? { ...(data as Utterance), unpersisted: true } : data);
    case "sotto.utterance.revised":
      return withRevised(next, data);
    case "sotto.coverage.gap":
      return { ...next, gaps: once(next.gaps, data, (gap) => `${gap.track} ${gap.start_ms}`) };
    case "sotto.call.agent":
      return withTransfer(next, data);
    case "sotto.call.paused":
      return withPause(next, data);
    case "sotto.call.resumed":
      return { ...next, pausedSince: undefined, pauses: next.pauses.map((p, i) => (i === next.pauses.length - 1 ? { ...p, end_ms: event.data["at_ms"] as number } : p)) };
    case "sotto.call.health":
      return withHealth(next, data, at);
    case "sotto.checklist.ticked":
      return { ...next, checklist: next.checklist.map((c) => (c.item === event.data["item"] ? { ...c, ticked: event.data["ticked"] as Ticked } : c)) };
    case "sotto.checklist.unticked":
      return { ...next, checklist: next.checklist.map(({ ticked, ...item }) => (item.item === event.data["item"] || !ticked ? item : { ...item, ticked })) };
    case "sotto.utterance.understood":
      return { ...next, understood: { ...next.understood, [(data as Understood).utterance]: data } };
    case "sotto.alert.raised":
      return { ...next, alerts: once(next.alerts, data, (alert) => alert.id) };
    case "sotto.call.tagged":
      return { ...next, tags: once(next.tags, data, (tag) => tag.tag) };
    case "sotto.call.ended":
      return { ...next, partials: {}, ended: data, coverage: (event.data["coverage"] as Coverage | undefined) ?? next.coverage };
    default:
      return withCue(next, event);
  }
}

function withPause(state: CallState, pause: Pause): CallState {
  const known = state.retold ? state.pauses.find((one) => one.at_ms === pause.at_ms) : undefined;
  if (known?.end_ms !== undefined) return state; // and over
  return { ...state, pauses: known ? state.pauses : [...state.pauses, pause], pausedSince: pause.at_ms, partials: {} };
}

function withTransfer(state: CallState, transfer: Transfer): CallState {
  const info = state.info && { ...state.info, agent: transfer.agent, team: transfer.team };
  return { ...state, info, transfers: once(state.transfers, transfer, (one) => `${one.at_ms} ${one.agent}`) };
}

function once<T>(list: T[], one: T, id: (one: T) => string): T[] {
  return list.some((known) => id(known) === id(one)) ? list : [...list, one];
}

function withPartial(state: CallState, partial: Utterance, at: number): CallState {
  const known = state.utterances.some((u) => u.track === partial.track && u.utterance >= partial.utterance);
  if (known || state.pausedSince !== undefined) return state;
  const who = saidBy(partial);
  // One channel has one line of growing words: it moves to whoever is taken to speak.
  const partials = inOneChannel(partial) ? { [who]: partial } : { ...state.partials, [partial.track]: partial };
  return { ...state, partials, agentSpokeAt: who === "agent" ? at : state.agentSpokeAt };
}

function withFinal(state: CallState, final: Utterance): CallState {
  const partials = { ...state.partials };
  // Live words stay while older ones take their places before them.
  for (const party of inOneChannel(final) ? (["customer", "agent"] as const) : [final.track]) {
    const partial = partials[party];
    if (!partial?.provisional || partial.end_ms <= final.end_ms) delete partials[party];
  }
  const known = state.utterances.find((one) => one.track === final.track && one.utterance === final.utterance);
  if (known && known.revision > final.revision) return { ...state, partials }; // corrected meanwhile
  return { ...state, partials, utterances: sorted([...state.utterances.filter((one) => one !== known), final]) };
}

function withRevised(state: CallState, revised: Utterance): CallState {
  const same = (known: Utterance): boolean => known.track === revised.track && known.utterance === revised.utterance;
  return { ...state, utterances: sorted(state.utterances.map((known) => (same(known) ? revised : known))) };
}

function withCue(state: CallState, event: CloudEvent): CallState {
  const change = (id: unknown, to: (cue: Cue) => Cue): CallState => ({ ...state, cues: state.cues.map((cue) => (cue.id === id ? to(cue) : cue)) });
  switch (event.type) {
    case "sotto.cue.expected": {
      const { withdrawn, ...expected } = event.data as unknown as Cue & { withdrawn?: boolean };
      if (withdrawn) return { ...state, cues: state.cues.filter((cue) => cue.id !== expected.id || !cue.expected) };
      return { ...state, cues: once(state.cues, { ...expected, state: "shown", expected: true }, (cue) => cue.id) };
    }
    case "sotto.cue.shown": {
      const shown: Cue = { ...(event.data as unknown as Cue), state: "shown" };
      const waits = state.cues.some((cue) => cue.id === shown.id && cue.expected);
      return waits ? change(shown.id, () => shown) : { ...state, cues: once(state.cues, shown, (cue) => cue.id) };
    }
    case "sotto.cue.closed":
      return change(event.data["id"], (cue) => ({ ...cue, state: "closed", reason: event.data["reason"] as string }));
    case "sotto.cue.displayed":
      return change(event.data["id"], (cue) => ({ ...cue, displayed: event.data as unknown as { stages_ms: Cue["stages_ms"] } }));
    default:
      return state;
  }
}
