// Generated from src/call/event_fields.h, where the meaning of each field stands; see docs/schemas.

export type Track = "customer" | "agent" | "party3" | "party4" | "party5" | "party6";

// A word with its time
export interface Word {
  text: string;
  start_ms: number; // media time
  end_ms: number; // media time
  estimated: boolean; // times spread over the utterance, not measured
  confidence?: number; // probability that it was said; absent: the recogniser measures none
}

// Something that the words name (docs/entities.md)
export interface Entity {
  kind: "card" | "cvv" | "iban" | "account" | "identity" | "order" | "ticket" | "phone" | "email" | "date" | "time" | "money" | "name" | "address";
  value: string; // normalised; of a card or an account "**** 1111" in the final that ends it, where its check digits or its length are right, else empty
  text: string; // as said; "[card]", "[account]" where it was taken out
  start_ms: number; // media time
  end_ms: number; // media time
  valid: boolean; // its check digit, shape, number plan or calendar agrees
}

// The words that caused an annotation
export interface Because {
  utterance: string; // <track>-<utterance>; empty for matters of time
  speaker: "customer" | "agent" | "";
  text: string; // the matching words as recognised
  start_ms: number; // media time of the call
  end_ms: number; // media time of the call
  trigger: "said_like" | "phrase" | "regex" | "parts" | "intent" | "sentiment" | "elapsed" | "silence" | "order" | "talk_ratio" | "flow" | "knowledge" | "entity" | "implied";
  pattern: string; // the policy's phrase or example that was nearest
  score: number; // 1 for exact triggers
}

// The passage that supports a cue
export interface Source {
  file: string; // of the tenant's knowledge
  heading: string; // empty: the whole article
  passage: string;
  sentence: string; // the sentence of the passage that answers; may be empty
}

// Milliseconds each stage took for the words that triggered a cue
export interface Stages {
  transit: number | null; // end of the words -> their packet reached ingest
  buffer: number | null; // -> its frame was handed to the recogniser
  asr: number | null; // -> the final came back
  utterance: number | null; // -> the utterance was handed to the store
  store: number | null; // -> its transaction was durable
  bus: number | null; // -> the orchestrator has it
  orchestrate: number | null; // -> its inference graph stands
  route: number | null; // -> the model takes it
  infer: number | null; // -> the model answered
  guide: number | null; // -> the decision to show
}

// A call has begun
export interface CallStarted {
  call: string; // the call's id
  tenant: string;
  team: string;
  agent: string;
  tracks: Track[];
  coding: "mulaw" | "alaw" | "pcm_s16le";
  rate: number; // samples a second
  speed: number; // audio seconds a second of real time
  replay: boolean; // the source can send audio again
  demo: boolean;
  metadata: Record<string, unknown>;
  started: string; // date-time
  started_us: number; // when it started; microseconds since 1970, the server's clock
  mono?: boolean; // the one track, customer, carries both parties; absent: false
  parties?: Array<{
    track: Track;
    side: "customer" | "agent"; // whose words they are for the rules
    name: string; // as a page shows it; empty: nobody said
  }>; // of the tracks those with a name, and all beyond customer and agent
  region?: string; // where the server stood that heard it; absent: nobody said
  checklist: Array<{
    item: string;
    label: string;
  }>; // what the tenant's policies tick
}

// The state of a call has changed
export interface CallHealth {
  captions: "live" | "delayed" | "degraded" | "stopped"; // delayed: voiced audio older than 2 s has no words; degraded: a stand-by recogniser or a smaller model listens, or live words are shown before older ones; stopped: no recogniser
  lag_ms: number; // 0 while captions are live
  saved: boolean; // false: the store is down, events wait in memory
  suggestions: "on" | "paused";
  audio: "waiting" | "ok" | "none" | "lost" | "paused"; // none: open but mute; lost: the source is gone
  call: string; // the call's id
}

// From here nothing is heard or stored
export interface CallPaused {
  call: string; // the call's id
  by: "api" | "source";
  sample: number; // first sample that is not heard
  at_ms: number; // media time
}

// Heard again from here
export interface CallResumed {
  call: string; // the call's id
  by: "api" | "source";
  sample: number; // first sample that is heard; resumed by api: where the clock of the call stood
  at_ms: number; // media time
}

// All speech is decided: the last event of the speech part
export interface CallEnded {
  call: string; // the call's id
  reason: "hangup" | "lost" | "silent" | "stopped";
  duration_ms: number; // media time
  coverage: Partial<Record<Track, {
    received_ms: number; // all of it
    final_ms: number; // has words
    silence_ms: number; // nobody spoke
    pause_ms: number; // paused: not heard, not stored
    gap_ms: number; // not heard
    pending_ms: number; // not decided yet
    gaps: number; // how many
    heard: number; // (final + silence) / (final + silence + gap)
  }>>;
}

// From here another agent speaks
export interface CallAgent {
  call: string; // the call's id
  agent: string;
  team: string;
  at_ms: number; // media time
}

// Words that may still change
export interface HypothesisPartial {
  call: string; // the call's id
  track: Track;
  utterance: number; // finals of the track before it
  revision: number; // 0: as first heard
  text: string;
  start_ms: number; // media time
  end_ms: number; // media time
  from: number; // sample of the source's rate
  to: number; // sample after the last
  words: Word[];
  entities?: Entity[]; // what the words name; absent where nothing was found
  reason?: "endpoint" | "limit" | "speaker" | "finish"; // of a final, why it ends there: a pause, 7 s of continuous speech, another speaker in the same channel, the end of the audio
  speaker?: "customer" | "agent"; // where one channel carries both parties: who is taken to speak; of party3 to party6: their side
  speaker_confidence?: number; // with speaker: how likely it is
  provisional?: boolean; // live words while earlier audio still waits for its own; absent: false
  eager?: boolean; // the speaker has probably finished: the final follows with these words, or a partial that is not eager because the voice went on; absent: false
}

// A cue that words which may still change probably bring
export interface CueExpected {
  id: string; // digest of policy version, utterance and rule
  call: string; // the call's id
  utterance: string; // <track>-<utterance>; empty for matters of time
  policy: string; // the rule's id
  policy_version: string;
  kind: "answer" | "next_step" | "say" | "careful" | "must_say";
  match: "strong" | "likely";
  lane: "cue" | "compliance"; // a page holds a cue back while the agent speaks; never a compliance cue
  priority: number;
  headline: string;
  body: string;
  because: Because;
  fresh_ms: number; // longest time from the end of the words to the screen
  shown_ms: number; // how long it stays
  stages_ms: Stages;
  spoken_us: number; // end of the words; microseconds since 1970, the server's clock
  guided_us: number; // the decision to show; microseconds since 1970, the server's clock
  source: Source | null;
  item?: string; // of the checklist, that the cue waits for; missing: none
  withdrawn?: boolean; // it does not come after all; absent: false
}

// Words that are committed
export interface UtteranceFinal {
  call: string; // the call's id
  track: Track;
  utterance: number; // finals of the track before it
  revision: number; // 0: as first heard
  text: string;
  start_ms: number; // media time
  end_ms: number; // media time
  from: number; // sample of the source's rate
  to: number; // sample after the last
  words: Word[];
  entities?: Entity[]; // what the words name; absent where nothing was found
  reason?: "endpoint" | "limit" | "speaker" | "finish"; // of a final, why it ends there: a pause, 7 s of continuous speech, another speaker in the same channel, the end of the audio
  speaker?: "customer" | "agent"; // where one channel carries both parties: who is taken to speak; of party3 to party6: their side
  speaker_confidence?: number; // with speaker: how likely it is
}

// The words of a final were corrected
export interface UtteranceRevised {
  call: string; // the call's id
  track: Track;
  utterance: number; // finals of the track before it
  revision: number; // 0: as first heard
  text: string;
  start_ms: number; // media time
  end_ms: number; // media time
  from: number; // sample of the source's rate
  to: number; // sample after the last
  words: Word[];
  entities?: Entity[]; // what the words name; absent where nothing was found
  reason?: "endpoint" | "limit" | "speaker" | "finish"; // of a final, why it ends there: a pause, 7 s of continuous speech, another speaker in the same channel, the end of the audio
  speaker?: "customer" | "agent"; // where one channel carries both parties: who is taken to speak; of party3 to party6: their side
  speaker_confidence?: number; // with speaker: how likely it is
  was?: string; // the words of the revision before, where they were others
  was_speaker?: "customer" | "agent"; // where the speaker was corrected: the one before
}

// What the customer's words want and how they sound
export interface UtteranceUnderstood {
  utterance: string;
  intents: Array<{
    name: string;
    probability: number;
  }>;
  sentiment: number | null; // -1 negative, 1 positive; null where it was not judged
  mood: number | null; // the trend over the call: newer words count for more
}

// Audio was not heard
export interface CoverageGap {
  call: string; // the call's id
  track: Track;
  from: number; // sample of the source's rate
  to: number; // sample after the last
  start_ms: number; // media time
  end_ms: number; // media time
  reason: "not_received" | "not_started" | "no_words" | "distorted" | "samples_restarted" | "overrun" | "recogniser_lost" | "unsaved" | "recogniser_skipped";
}

// Something was detected
export interface MomentRaised {
  policy: string; // the rule's id
  policy_version: string;
  because: Because;
}

// Something for the supervisor
export interface AlertRaised {
  id: string;
  policy: string; // the rule's id
  policy_version: string;
  severity: "info" | "warning" | "urgent";
  message: string;
  because: Because;
}

// A word the call will be found by
export interface CallTagged {
  tag: string;
  policy: string; // the rule's id
  because: Because;
}

// Another system is to be told
export interface WebhookRequested {
  id: string; // of the message: what its receiver knows a doublet by
  cue: string; // the id that the cue and the alert of the same firing have
  webhook: string; // its name in the server's configuration
  policy: string; // the rule's id
  policy_version: string;
  tags: string[];
  because: Because;
  alert?: {
    severity: "info" | "warning" | "urgent";
    message: string;
  }; // the rule's alert, where it has one
}

// Something to say or do
export interface CueShown {
  id: string; // digest of policy version, utterance and rule
  call: string; // the call's id
  utterance: string; // <track>-<utterance>; empty for matters of time
  policy: string; // the rule's id
  policy_version: string;
  kind: "answer" | "next_step" | "say" | "careful" | "must_say";
  match: "strong" | "likely";
  lane: "cue" | "compliance"; // a page holds a cue back while the agent speaks; never a compliance cue
  priority: number;
  headline: string;
  body: string;
  because: Because;
  fresh_ms: number; // longest time from the end of the words to the screen
  shown_ms: number; // how long it stays
  stages_ms: Stages;
  spoken_us: number; // end of the words; microseconds since 1970, the server's clock
  guided_us: number; // the decision to show; microseconds since 1970, the server's clock
  source: Source | null;
  item?: string; // of the checklist, that the cue waits for; missing: none
}

// A page has drawn the cue
export interface CueDisplayed {
  call: string; // the call's id
  id: string; // the cue
  stages_ms: {
    deliver: number; // decision to show -> received by the page, ms
    render: number; // put on the page -> two animation frames later, ms
    hold: number; // received -> put on the page: the wait for a pause of the agent's speech, ms
    total: number; // end of the words -> drawn, ms
    clock_error: number; // how wrong the page's idea of the server's clock can be: half the least round trip, ms
  };
}

// A cue leaves the screen, or never reached it (late)
export interface CueClosed {
  id: string; // the cue
  reason: "said" | "dismissed" | "replaced" | "expired" | "late" | "call_ended" | "withdrawn";
}

// An item was said, or the agent says so
export interface ChecklistTicked {
  item: string;
  label: string;
  policy?: string; // by words: the rule's id
  because?: Because; // by words: those
  by?: "agent"; // by hand; missing: by the words in because
  reason?: string; // by hand: the agent's words
}

// The words that ticked an item were corrected, or the agent takes the tick back
export interface ChecklistUnticked {
  item: string;
  utterance?: string; // whose words they were, such as agent-3; missing: by hand
  by?: "agent"; // by hand; missing: the words were corrected
  reason: string; // corrected; by hand: the agent's words
}

// All that was said has had its effect: the last event of the guidance part
export interface GuidanceDone {
  call: string; // the call's id
}

// Words were taken back
export interface EventRedacted {
  number: number; // of the event that was changed
  type: string; // of that event
  data: Record<string, unknown>; // its data as it is now
}

// The data of an event, by its type.
export interface EventData {
  "sotto.call.started": CallStarted;
  "sotto.call.health": CallHealth;
  "sotto.call.paused": CallPaused;
  "sotto.call.resumed": CallResumed;
  "sotto.call.ended": CallEnded;
  "sotto.call.agent": CallAgent;
  "sotto.hypothesis.partial": HypothesisPartial;
  "sotto.cue.expected": CueExpected;
  "sotto.utterance.final": UtteranceFinal;
  "sotto.utterance.revised": UtteranceRevised;
  "sotto.utterance.understood": UtteranceUnderstood;
  "sotto.coverage.gap": CoverageGap;
  "sotto.moment.raised": MomentRaised;
  "sotto.alert.raised": AlertRaised;
  "sotto.call.tagged": CallTagged;
  "sotto.webhook.requested": WebhookRequested;
  "sotto.cue.shown": CueShown;
  "sotto.cue.displayed": CueDisplayed;
  "sotto.cue.closed": CueClosed;
  "sotto.checklist.ticked": ChecklistTicked;
  "sotto.checklist.unticked": ChecklistUnticked;
  "sotto.guidance.done": GuidanceDone;
  "sotto.event.redacted": EventRedacted;
}
