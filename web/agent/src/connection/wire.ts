// The messages of /v1/subscribe and the resources under /v1, as docs/schemas describes them.

export type Side = "customer" | "agent";
// The parties of a call; beyond the first two, of a conference.
export const TRACKS = ["customer", "agent", "party3", "party4", "party5", "party6"] as const;
export type TrackName = (typeof TRACKS)[number];
export interface Party {
  track: TrackName;
  side: Side;
  name: string; // empty: nobody said
}

export interface Word {
  text: string;
  start_ms: number;
  end_ms: number;
  estimated: boolean;
  confidence?: number; // probability that it was said; absent: not measured
}
export interface Entity {
  kind: string;
  value: string; // normalised; of a card "**** 1111"
  text: string; // as said
  start_ms: number;
  end_ms: number;
  valid: boolean;
}
export interface Utterance {
  call: string;
  track: TrackName;
  utterance: number;
  revision: number;
  text: string;
  start_ms: number;
  end_ms: number;
  words: Word[];
  entities?: Entity[]; // what the words name
  speaker?: Side; // of a call with one channel: a guess; of a party beyond the first two: whose side it stands on
  speaker_confidence?: number; // 0.5 to 1
  was_speaker?: Side; // of one whose speaker was corrected
  unpersisted?: boolean;
  was?: string; // of a corrected one: the words before
  provisional?: boolean; // of a partial: live words, older ones are still to come
  eager?: boolean; // of a partial: its speaker has probably finished
}
export interface Gap {
  track: TrackName;
  start_ms: number;
  end_ms: number;
  reason: string;
}
export interface Pause {
  at_ms: number;
  by: string;
  end_ms?: number;
}
// The call is another agent's from here.
export interface Transfer {
  agent: string;
  team: string;
  at_ms: number;
}
export interface Because {
  utterance: string;
  speaker: string;
  text: string;
  start_ms: number;
  end_ms: number;
  trigger: string;
  pattern: string;
  score: number;
}
export interface Source {
  file: string;
  heading: string;
  passage: string;
  sentence: string;
}
export type Stages = Record<string, number | null>;
export interface Cue {
  id: string;
  utterance: string;
  policy: string;
  policy_version: string;
  kind: string;
  match: "strong" | "likely";
  lane: "cue" | "compliance";
  priority: number;
  headline: string;
  body: string;
  because: Because;
  item?: string; // of the checklist, that the cue waits for
  source: Source | null;
  fresh_ms: number;
  shown_ms: number;
  stages_ms: Stages;
  spoken_us: number;
  guided_us: number;
  state?: "shown" | "closed";
  reason?: string;
  displayed?: { stages_ms: Stages };
  expected?: boolean; // its words are not committed yet: it comes, or is withdrawn
}
// An item is ticked by words, or by the agent's hand for a reason.
export interface Ticked {
  because?: Because;
  by?: "agent";
  reason?: string;
}
export interface ChecklistItem {
  item: string;
  label: string;
  ticked?: Ticked;
}
// What the customer's words want.
export interface Understood {
  utterance: string;
  intents: { name: string; probability: number }[];
}
export interface Alert {
  id: string;
  policy: string;
  severity: "info" | "warning" | "urgent";
  message: string;
  because: Because;
}
export interface Tag {
  tag: string;
  policy: string;
  because: Because;
}
export interface Health {
  captions: "live" | "delayed" | "degraded" | "stopped";
  lag_ms: number;
  saved: boolean;
  suggestions: "on" | "paused";
  audio: "waiting" | "ok" | "none" | "lost" | "paused";
}
export interface TrackCoverage {
  received_ms: number;
  final_ms: number;
  silence_ms: number;
  pause_ms: number;
  gap_ms: number;
  pending_ms: number;
  gaps: number;
  heard: number;
  rows?: CoverageRow[];
}
export interface CoverageRow {
  start_ms: number;
  end_ms: number;
  coverage: "final" | "silence" | "pause" | "gap" | "pending";
  reason?: string;
}
export type Coverage = Partial<Record<TrackName, TrackCoverage>>;
export interface CallInfo {
  call: string;
  tenant: string;
  agent: string;
  team: string;
  demo: boolean;
  mono?: boolean; // one channel carries both parties: who speaks is a guess
  parties?: Party[]; // those with a name, and all beyond customer and agent
  started: string;
  metadata: Metadata;
}
// Whatever its source said of a call; the page knows these.
export interface Metadata {
  title?: string;
  demo?: string; // the demo call that is played
}
export interface CallSnapshot {
  info: CallInfo;
  status: "live" | "ended";
  utterances: Utterance[];
  gaps: Gap[];
  pauses: Pause[];
  transfers: Transfer[];
  cues: Cue[];
  late: number; // cues that came too late to be shown
  checklist: ChecklistItem[];
  understood: Understood[];
  alerts: Alert[];
  tags: Tag[];
  number: number; // of the newest stored event in it
  health?: Health;
  end_reason?: string;
  duration_ms?: number;
  coverage?: Coverage;
}
export interface CloudEvent {
  type: string;
  number: number;
  unpersisted?: boolean;
  data: Record<string, unknown>; // of the shape that its type has (decode.ts)
}
export type ServerMessage =
  | { type: "snapshot"; cursor: string; sent_us: number; call: CallSnapshot }
  | { type: "delta"; cursor: string; sent_us: number; events: CloudEvent[] }
  | { type: "beat"; time_us: number; media_ms: number; lag_ms: number; coverage: Coverage; cut_off?: boolean }
  | { type: "pong"; t: number; time_us: number }
  | { type: "error"; code: string; message: string };

export interface CallSummary {
  call: string;
  tenant: string;
  agent: string;
  demo: boolean;
  live: boolean;
  started: string;
  duration_ms: number;
  cues: number;
  late: number;
  heard: number;
  end_reason: string;
  metadata: Metadata;
}
export interface Demo {
  name: string;
  title: string;
  tenant: string;
  duration_ms: number;
}

// What POST /v1/calls/{call}/ask says (docs/knowledge.md).
export interface Answer {
  headline: string;
  body: string;
  match: "strong" | "likely";
  source: Source;
}
export interface Near {
  file: string;
  title: string;
  heading: string;
  passage: string;
  sentence: string;
  score: number;
}
export interface Asked {
  answer: Answer | null;
  few_words: boolean; // no question, a subject: the articles about it
  nearest: Near[];
}
