// The page's shapes (wire.ts) take what the server sends (events.ts): a field that is renamed there no longer compiles here.
// Types alone; nothing of it runs.
import type { EventData, Word as SentWord, Source as SentSource, Because as SentBecause, Entity as SentEntity, Track } from "./events";
import type { Alert, Because, CallInfo, Cue, Entity, Gap, Health, Pause, Source, Tag, TrackName, Ticked, Understood, Utterance, Word } from "./wire";

type Takes<Page, Sent extends Page> = [Page, Sent];

export type Fits = [
  Takes<TrackName, Track>,
  Takes<Word, SentWord>,
  Takes<Entity, SentEntity>,
  Takes<Because, SentBecause>,
  Takes<Source, SentSource>,
  Takes<CallInfo, EventData["sotto.call.started"]>,
  Takes<Health, EventData["sotto.call.health"]>,
  Takes<Pause, EventData["sotto.call.paused"]>,
  Takes<Utterance, EventData["sotto.hypothesis.partial"]>,
  Takes<Utterance, EventData["sotto.utterance.final"]>,
  Takes<Utterance, EventData["sotto.utterance.revised"]>,
  Takes<Gap, EventData["sotto.coverage.gap"]>,
  Takes<Understood, EventData["sotto.utterance.understood"]>,
  Takes<Alert, EventData["sotto.alert.raised"]>,
  Takes<Tag, EventData["sotto.call.tagged"]>,
  Takes<Omit<Cue, "stages_ms">, EventData["sotto.cue.shown"]>,
  Takes<Omit<Cue, "stages_ms">, EventData["sotto.cue.expected"]>,
  Takes<Ticked, EventData["sotto.checklist.ticked"]>,
];
