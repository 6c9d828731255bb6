// From the wire to types, in one place: a message of the wrong shape costs itself, a member costs itself where the page
// can do without it, and nothing behind this trusts a type it has not been given.
import type { EventData } from "./events";
import { dictionary, flag, list, maybe, Misshapen, number, object, oneOf, or, text, type Decode } from "./shape";
import { TRACKS } from "./wire";
import type { Asked, CallInfo, CallSnapshot, CallSummary, ChecklistItem, CloudEvent, Coverage, Cue, Demo, Gap, Health, Pause, ServerMessage, Ticked, Transfer, Utterance } from "./wire";

const track = oneOf(...TRACKS);
const side = oneOf("customer", "agent");
const strong = or(oneOf("strong", "likely"), "likely" as const);
const words = or(text, "");
const count = or(number, 0);
const yes = or(flag, false);

const word = object({ text, start_ms: count, end_ms: count, estimated: yes, confidence: maybe(number) });
const entity = object({ kind: words, value: words, text, start_ms: count, end_ms: count, valid: yes });
export const utterance: Decode<Utterance> = object({
  call: words,
  track,
  utterance: number,
  revision: count,
  text,
  start_ms: number,
  end_ms: number,
  words: list(word),
  entities: maybe(list(entity)),
  speaker: maybe(side),
  speaker_confidence: maybe(number),
  was_speaker: maybe(side),
  unpersisted: maybe(flag),
  was: maybe(text),
  provisional: maybe(flag),
  eager: maybe(flag),
});
const gap: Decode<Gap> = object({ track, start_ms: number, end_ms: number, reason: words });
const pause: Decode<Pause> = object({ at_ms: number, by: words, end_ms: maybe(number) });
const transfer: Decode<Transfer> = object({ agent: words, team: words, at_ms: number });
const because = object({ utterance: words, speaker: words, text: words, start_ms: count, end_ms: count, trigger: words, pattern: words, score: count });
const source = object({ file: words, heading: words, passage: words, sentence: words });
const stages = dictionary(or(number, null));
const noWords = { utterance: "", speaker: "", text: "", start_ms: 0, end_ms: 0, trigger: "", pattern: "", score: 0 };
const cue: Decode<Cue> = object({
  id: text,
  utterance: words,
  policy: words,
  policy_version: words,
  kind: words,
  match: strong,
  lane: or(oneOf("cue", "compliance"), "cue" as const),
  priority: count,
  headline: text,
  body: words,
  item: maybe(text),
  because: or(because, noWords),
  source: or(source, null),
  fresh_ms: or(number, 6000),
  shown_ms: or(number, 20_000),
  stages_ms: stages,
  spoken_us: count,
  guided_us: count,
  state: maybe(oneOf("shown", "closed")),
  reason: maybe(text),
  displayed: maybe(object({ stages_ms: stages })),
});
const ticked: Decode<Ticked> = object({ because: maybe(because), by: maybe(oneOf("agent")), reason: maybe(text) });
const item: Decode<ChecklistItem> = object({ item: text, label: text, ticked: maybe(ticked) });
const understood = object({ utterance: text, intents: list(object({ name: text, probability: count })) });
const alert = object({ id: text, policy: words, severity: or(oneOf("info", "warning", "urgent"), "warning" as const), message: words, because: or(because, noWords) });
const tag = object({ tag: text, policy: words, because: or(because, noWords) });
export const health: Decode<Health> = object({
  captions: oneOf("live", "delayed", "degraded", "stopped"),
  lag_ms: count,
  saved: flag,
  suggestions: oneOf("on", "paused"),
  audio: oneOf("waiting", "ok", "none", "lost", "paused"),
});
const coverageRow = object({ start_ms: number, end_ms: number, coverage: oneOf("final", "silence", "pause", "gap", "pending"), reason: maybe(text) });
const trackCoverage = object({ received_ms: count, final_ms: count, silence_ms: count, pause_ms: count, gap_ms: count, pending_ms: count, gaps: count, heard: or(number, 1), rows: maybe(list(coverageRow)) });
const coverage: Decode<Coverage> = or(object({ customer: maybe(trackCoverage), agent: maybe(trackCoverage), party3: maybe(trackCoverage), party4: maybe(trackCoverage), party5: maybe(trackCoverage), party6: maybe(trackCoverage) }), {});
const metadata = or(object({ title: maybe(text), demo: maybe(text) }), {});
const party = object({ track, side, name: words });
const info: Decode<CallInfo> = object({ call: text, tenant: words, agent: words, team: words, demo: yes, mono: maybe(flag), parties: maybe(list(party)), started: words, metadata });

const call = object({
  info,
  status: oneOf("live", "ended"),
  utterances: list(utterance),
  gaps: list(gap),
  pauses: list(pause),
  transfers: or(list(transfer), []),
  cues: list(cue),
  checklist: list(item),
  understood: list(understood),
  alerts: list(alert),
  tags: list(tag),
  health: maybe(health),
  end_reason: maybe(text),
  duration_ms: maybe(number),
  coverage: maybe(coverage),
  number: count,
});
const lateCue = object({ id: text, reason: oneOf("late") });

// A cue that came too late has only its id and its reason.
export const snapshotOfCall: Decode<CallSnapshot> = (value) => ({ ...call(value), late: list(lateCue)((value as { cues?: unknown }).cues).length });

export const callSummaries: Decode<CallSummary[]> = (value) =>
  object({
    calls: list(object({ call: text, tenant: words, agent: words, demo: yes, live: flag, started: words, duration_ms: count, cues: count, late: count, heard: or(number, 1), end_reason: words, metadata })),
  })(value).calls;
export const demos: Decode<Demo[]> = (value) => object({ demos: list(object({ name: text, title: words, tenant: words, duration_ms: count })) })(value).demos;
export const asked: Decode<Asked> = object({
  answer: or(object({ headline: text, body: words, match: strong, source: or(source, { file: "", heading: "", passage: "", sentence: "" }) }), null),
  few_words: yes,
  nearest: list(object({ file: text, title: words, heading: words, passage: words, sentence: words, score: count })),
});

// The data of the events that the page knows; of others nothing is read.
const DATA: Partial<Record<keyof EventData, Decode<object>>> = {
  "sotto.call.started": (value) => ({ ...info(value), ...object({ checklist: list(item) })(value) }),
  "sotto.hypothesis.partial": utterance,
  "sotto.utterance.final": utterance,
  "sotto.utterance.revised": utterance,
  "sotto.coverage.gap": gap,
  "sotto.call.agent": transfer,
  "sotto.call.paused": pause,
  "sotto.call.resumed": object({ at_ms: number }),
  "sotto.call.health": health,
  "sotto.checklist.ticked": (value) => ({ ...object({ item: text })(value), ticked: ticked(value) }),
  "sotto.checklist.unticked": object({ item: text }),
  "sotto.utterance.understood": understood,
  "sotto.alert.raised": alert,
  "sotto.call.tagged": tag,
  "sotto.call.ended": object({ reason: words, duration_ms: count, coverage: maybe(coverage) }),
  "sotto.cue.shown": cue,
  "sotto.cue.expected": (value) => ({ ...cue(value), ...object({ withdrawn: maybe(flag) })(value) }),
  "sotto.cue.closed": object({ id: text, reason: words }),
  "sotto.cue.displayed": object({ id: text, stages_ms: stages }),
};

const envelope = object({ type: text, number, unpersisted: maybe(flag) });
export const cloudEvent: Decode<CloudEvent> = (value) => {
  const event = envelope(value);
  const data = DATA[event.type as keyof EventData]?.((value as { data?: unknown }).data) ?? {};
  return { ...event, data: data as Record<string, unknown> };
};

const MESSAGES: Record<ServerMessage["type"], Decode<ServerMessage>> = {
  snapshot: object({ type: oneOf("snapshot"), cursor: text, sent_us: count, call: snapshotOfCall }),
  delta: object({ type: oneOf("delta"), cursor: text, sent_us: count, events: list(cloudEvent) }),
  beat: object({ type: oneOf("beat"), time_us: count, media_ms: number, lag_ms: count, coverage, cut_off: maybe(flag) }),
  pong: object({ type: oneOf("pong"), t: number, time_us: number }),
  error: object({ type: oneOf("error"), code: words, message: words }),
};

// One message of /v1/subscribe; throws Misshapen (and SyntaxError for what is no JSON).
export function serverMessage(json: string): ServerMessage {
  const value: unknown = JSON.parse(json);
  const { type } = object({ type: text })(value);
  const decode = Object.hasOwn(MESSAGES, type) ? MESSAGES[type as ServerMessage["type"]] : undefined;
  if (!decode) throw new Misshapen(`there is no message "${type}"`);
  return decode(value);
}
