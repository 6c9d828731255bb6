import { describe, expect, it } from "vitest";
import type { CloudEvent, Cue, ServerMessage } from "../connection/wire";
import { EMPTY, reduce, type CallState } from "./state";
import { active, articleName, clock, coverageText, growing, heardText, hold, isWeakGuess, nameOf, rows, saidBy, sentenceOf, speakerOf, pieces } from "./select";
import { view } from "./view";

let number = 0;
const event = (type: string, data: Record<string, unknown>, extra: Partial<CloudEvent> = {}): CloudEvent => ({ type: `sotto.${type}`, number: ++number, data, ...extra });
const delta = (...events: CloudEvent[]): ServerMessage => ({ type: "delta", cursor: `${events.at(-1)?.number ?? 0}`, sent_us: 0, events });
const take = (state: CallState, message: ServerMessage, at = 0): CallState => reduce(state, { type: "message", message, at });
const final = (track: string, utterance: number, text: string, start_ms: number, end_ms = start_ms + 1000) => ({ call: "c", track, utterance, revision: 0, text, start_ms, end_ms, words: [] });
const live = (): CallState => {
  number = 0;
  return take({ ...EMPTY, connection: "open" }, delta(event("call.started", { call: "c", checklist: [{ item: "recap", label: "Recap" }] }), event("call.health", { captions: "live", lag_ms: 0, saved: true, suggestions: "on", audio: "ok" })));
};
const cue = (over: Partial<Cue> = {}): Record<string, unknown> => ({ id: "q1", lane: "cue", headline: "Ask why", body: "", spoken_us: 10_000_000, fresh_ms: 6000, shown_ms: 20000, ...over });

describe("the reducer", () => {
  it("replaces a partial by its final and never shows an older partial again", () => {
    let state = take(live(), delta(event("hypothesis.partial", final("agent", 0, "let me", 0), { number: 2 })));
    expect(state.partials.agent?.text).toBe("let me");
    state = take(state, delta(event("utterance.final", final("agent", 0, "Let me look.", 0))));
    expect(state.partials.agent).toBeUndefined();
    state = take(state, delta(event("hypothesis.partial", final("agent", 0, "let me lo", 0), { number: 3 })));
    expect(state.partials.agent).toBeUndefined();
    expect(state.utterances).toHaveLength(1);
  });

  it("ignores an event it has seen", () => {
    const said = event("utterance.final", final("agent", 0, "Hello.", 0));
    const once = take(live(), delta({ ...said, number: 3 }));
    expect(take(once, delta({ ...said, number: 3 })).utterances).toHaveLength(1);
  });

  it("keeps the log in the order of speech", () => {
    const state = take(live(), delta(event("utterance.final", final("agent", 0, "second", 2000)), event("utterance.final", final("customer", 0, "first", 500, 2500))));
    expect(state.utterances.map((u) => u.text)).toEqual(["first", "second"]);
    expect(rows(state)[1]).toMatchObject({ kind: "utterance", overlaps: true });
  });

  it("a snapshot stands for everything before it", () => {
    const before = take(live(), delta(event("utterance.final", final("agent", 0, "old", 0))));
    const info = { call: "c", tenant: "t", agent: "a", team: "", demo: false, started: "", metadata: {} };
    const state = take(before, { type: "snapshot", cursor: "9", sent_us: 0, call: { info, status: "live", utterances: [], gaps: [], pauses: [{ at_ms: 1000, by: "api" }], transfers: [], cues: [], late: 0, checklist: [], understood: [], alerts: [], tags: [], number: 9 } });
    expect(state.utterances).toEqual([]);
    expect(state.pausedSince).toBe(1000);
    expect(state.number).toBe(9);
  });

  it("what was told unsaved and comes again when it is stored is there once", () => {
    const said = event("utterance.final", final("agent", 0, "hello", 0));
    const unsaved = [{ ...said, number: 0, unpersisted: true }, { type: "sotto.coverage.gap", number: 0, unpersisted: true, data: { track: "agent", start_ms: 5, end_ms: 9, reason: "x" } }];
    const before = take(live(), delta(...unsaved));
    expect(before.utterances[0]?.unpersisted).toBe(true);
    const after = take(before, delta(...unsaved.map(({ unpersisted: _, ...one }, at) => ({ ...one, number: before.number + at + 1 }))));
    expect(after.utterances).toHaveLength(1);
    expect(after.utterances[0]?.unpersisted).toBeUndefined();
    expect(after.gaps).toHaveLength(1);
    expect(after.number).toBe(before.number + 2);
  });

  it("ticks the item and closes the cue with its reason", () => {
    let state = take(live(), delta(event("cue.shown", cue()), event("checklist.ticked", { item: "recap", ticked: { because: { text: "to recap" } } })));
    expect(active(state, "cue")?.headline).toBe("Ask why");
    expect(state.checklist[0]?.ticked?.because?.text).toBe("to recap");
    state = take(state, delta(event("cue.closed", { id: "q1", reason: "said" })));
    expect(active(state, "cue")).toBeUndefined();
    expect(state.cues[0]).toMatchObject({ state: "closed", reason: "said" });
  });

  it("replaces corrected words and takes back what they ticked", () => {
    let state = take(live(), delta(event("utterance.final", final("agent", 0, "to recap", 0)), event("checklist.ticked", { item: "recap", ticked: { because: { text: "to recap" } } })));
    const revised = { ...final("agent", 0, "two caps", 0), revision: 1, was: "to recap" };
    state = take(state, delta(event("utterance.revised", revised), event("checklist.unticked", { item: "recap", utterance: "agent-0", reason: "corrected" })));
    expect(state.utterances).toEqual([revised]);
    expect(state.checklist).toEqual([{ item: "recap", label: "Recap" }]);
  });

  it("marks what is not saved and clears the marks when it is", () => {
    let state = take(live(), delta(event("utterance.final", final("agent", 0, "x", 0), { unpersisted: true })));
    expect(state.utterances[0]?.unpersisted).toBe(true);
    state = take(state, delta(event("call.health", { captions: "live", lag_ms: 0, saved: true, suggestions: "on", audio: "ok" })));
    expect(state.utterances[0]?.unpersisted).toBeUndefined();
  });
});

describe("a conference", () => {
  const info = { call: "c", tenant: "t", agent: "ann", team: "", demo: false, started: "", metadata: {}, checklist: [], parties: [{ track: "party3", side: "customer", name: "Interpreter" }] };
  const said = { ...final("party3", 0, "she wants to cancel", 0), speaker: "customer", speaker_confidence: 1 };

  it("shows each party by its name, on the side it stands on", () => {
    const state = take(EMPTY, delta(event("call.started", info), event("utterance.final", said)));
    const [words] = state.utterances;
    expect(words && [saidBy(words), speakerOf(state.info, words, false), isWeakGuess(words)]).toEqual(["customer", "Interpreter", false]);
    expect([nameOf(state.info, "agent", false), nameOf(state.info, "agent", true), nameOf(state.info, "party4", true)]).toEqual(["You", "Agent", "Party 4"]);
  });
  it("shows on each side the words of whoever spoke last there", () => {
    const state = take(EMPTY, delta(event("call.started", info), event("hypothesis.partial", said), event("hypothesis.partial", final("customer", 0, "yes", 0, 400))));
    expect(Object.keys(state.partials).sort()).toEqual(["customer", "party3"]);
    expect(growing(state, "customer")?.text).toBe("she wants to cancel");
    expect(growing(state, "agent")).toBeUndefined();
    expect(growing(take(state, delta(event("utterance.final", said))), "customer")?.text).toBe("yes");
  });
  it("goes to another agent once, where it is told twice", () => {
    const transfer = { agent: "ben", team: "help", at_ms: 900 };
    const state = take(EMPTY, delta(event("call.started", info), event("call.agent", transfer, { number: 0 }), event("call.agent", transfer)));
    expect(state.info).toMatchObject({ agent: "ben", team: "help" });
    expect(rows(state).filter((row) => row.kind === "transfer")).toHaveLength(1);
  });
});

describe("a call with one channel", () => {
  const said = (utterance: number, speaker: string, speaker_confidence: number, start_ms = utterance * 2000) => ({ ...final("customer", utterance, `words ${utterance}`, start_ms), speaker, speaker_confidence });

  it("shows whose words they are taken to be, and which guesses are weak", () => {
    const state = take(live(), delta(event("utterance.final", said(0, "agent", 0.6)), event("utterance.final", said(1, "customer", 0.98))));
    expect(state.utterances.map(saidBy)).toEqual(["agent", "customer"]);
    expect(state.utterances.map(isWeakGuess)).toEqual([true, false]);
  });
  it("moves an utterance to the other party when the guess is corrected", () => {
    let state = take(live(), delta(event("utterance.final", said(0, "agent", 0.6))));
    state = take(state, delta(event("utterance.revised", { ...said(0, "customer", 0.95), revision: 1, was_speaker: "agent" })));
    expect(state.utterances).toHaveLength(1);
    expect(state.utterances[0] && saidBy(state.utterances[0])).toBe("customer");
  });
  it("has one line of growing words, which the agent's pause is measured by", () => {
    let state = take(live(), delta(event("hypothesis.partial", said(0, "agent", 0.7), { number: 2 })), 5000);
    expect(Object.keys(state.partials)).toEqual(["agent"]);
    expect(state.agentSpokeAt).toBe(5000);
    state = take(state, delta(event("hypothesis.partial", said(0, "customer", 0.8), { number: 2 })), 5400);
    expect(Object.keys(state.partials)).toEqual(["customer"]);
    expect(state.agentSpokeAt).toBe(5000);
    state = take(state, delta(event("utterance.final", said(0, "agent", 0.9))));
    expect(Object.keys(state.partials)).toEqual([]);
  });
  it("two tracks have no guesses", () => {
    const state = take(live(), delta(event("utterance.final", final("agent", 0, "Hello.", 0))));
    expect(state.utterances.map(isWeakGuess)).toEqual([false]);
  });
});

describe("the status line", () => {
  const word = (state: CallState, now = 0) => view(state, now).status[0]?.word;
  const health = (over: object) => delta(event("call.health", { captions: "live", lag_ms: 0, saved: true, suggestions: "on", audio: "ok", ...over }));

  it("says live only while the server is heard", () => {
    const state = live();
    expect(word(state, 900)).toBe("Live");
    expect(word(state, 1600)).toBe("Reconnecting 1 s");
  });
  it("says what a person must know first", () => {
    const delayed = take(live(), health({ captions: "delayed" }));
    expect(word(delayed)).toMatch(/^Transcript delayed/);
    const unsaved = take(delayed, health({ captions: "delayed", saved: false }), 100);
    expect(word(unsaved, 600)).toBe("Not saved 0 s");
    expect(view(unsaved, 600).status).toHaveLength(2);
    expect(word(take(live(), health({ captions: "stopped" })))).toBe("Transcript stopped");
    expect(word(take(live(), health({ captions: "degraded" })))).toBe("Transcript less exact");
  });
  it("counts a pause in media time", () => {
    const paused = take(live(), delta(event("call.paused", { at_ms: 10000, by: "agent" })));
    const later = take(paused, { type: "beat", time_us: 0, media_ms: 51000, lag_ms: 0, coverage: {} });
    expect(word(later)).toBe("Paused 00:41");
  });
  it("an ended call says so whatever else holds", () => {
    const state = take(take(live(), health({ saved: false })), delta(event("call.ended", { reason: "hangup", duration_ms: 401000 })));
    expect(word(state, 99999)).toBe("Ended 06:41");
  });
});

describe("a cue", () => {
  it("waits while the agent speaks, shows in the pause, is dropped when it is old; must-say never waits", () => {
    const speaking = { ...live(), partials: { agent: final("agent", 0, "so", 0) as never }, agentSpokeAt: 11000 };
    expect(hold(cue() as never, speaking, 11500, 0)).toBe("wait");
    expect(hold(cue() as never, speaking, 12500, 0)).toBe("show");
    expect(hold(cue() as never, speaking, 16100, 0)).toBe("late");
    expect(hold(cue({ lane: "compliance" }) as never, speaking, 11500, 0)).toBe("show");
  });
});

describe("words of numbers", () => {
  it("never rounds up to 100", () => {
    expect(heardText(0.999999, 1)).toBe("99.99 % heard");
    expect(heardText(1, 1)).toBe("99.99 % heard");
    expect(heardText(1, 0)).toBe("100 % heard");
  });
  it("claim nothing where nothing is decided", () => {
    const track = { received_ms: 400, final_ms: 0, silence_ms: 0, pause_ms: 0, gap_ms: 0, pending_ms: 400, gaps: 0, heard: 1 };
    for (const coverage of [{}, { customer: track }]) expect(coverageText(coverage)).toBe("Nothing heard yet");
  });
  it("names pauses and gaps", () => {
    const track = { received_ms: 0, final_ms: 5000, silence_ms: 4600, pause_ms: 41000, gap_ms: 400, pending_ms: 0, gaps: 1, heard: 0.96 };
    expect(coverageText({ customer: track })).toBe("96.00 % heard, 41 s paused, 1 gap 0.4 s");
  });
  it("tells the time of a call", () => expect(clock(252_900)).toBe("04:12"));
});

describe("a cue whose words are not committed yet", () => {
  const expected = (more: object = {}) => event("cue.expected", { ...cue(), ...more }, { number: 0 });
  it("is on the screen, and stays there when it comes", () => {
    const before = take(live(), delta(expected()));
    expect(active(before, "cue")?.expected).toBe(true);
    expect(before.number).toBe(live().number);
    const after = take(before, delta(event("cue.shown", cue())));
    expect(after.cues).toHaveLength(1);
    expect(active(after, "cue")?.expected).toBeUndefined();
  });
  it("leaves nothing behind where it does not come", () => {
    const after = take(take(live(), delta(expected())), delta(expected({ withdrawn: true })));
    expect(after.cues).toHaveLength(0);
    const shown = take(live(), delta(event("cue.shown", cue())));
    expect(take(shown, delta(expected({ withdrawn: true }))).cues).toHaveLength(1);
  });
});

describe("what words name", () => {
  it("is cut out of the text, in order", () => {
    const entity = (kind: string, text: string) => ({ kind, value: text, text, start_ms: 0, end_ms: 1, valid: true });
    const said = { text: "order 12 and [card] now", entities: [entity("order", "12"), entity("card", "[card]"), entity("name", "not there")], words: [] };
    const cut = pieces(said as never);
    expect(cut.map((piece) => piece.text)).toEqual(["order ", "12", " and ", "[card]", " now"]);
    expect(cut.filter((piece) => piece.entity).length).toBe(2);
    expect(pieces({ text: "hello", words: [] } as never)).toEqual([{ text: "hello" }]);
  });
  it("is cut out where a word was heard uncertainly too", () => {
    const word = (text: string, confidence?: number) => ({ text, start_ms: 0, end_ms: 1, estimated: false, ...(confidence !== undefined && { confidence }) });
    const said = { text: "the order 12 the end", entities: [{ kind: "order", value: "12", text: "order 12", start_ms: 0, end_ms: 1, valid: true }], words: [word("the", 0.9), word("order", 0.6), word("12", 0.3), word("the", 0.49), word("end")] };
    const cut = pieces(said as never);
    expect(cut.map((piece) => piece.text)).toEqual(["the ", "order ", "12", " ", "the", " end"]);
    expect(cut.filter((piece) => piece.unsure).map((piece) => piece.text)).toEqual(["12", "the"]);
    expect(cut.filter((piece) => piece.entity).map((piece) => piece.text)).toEqual(["order ", "12"]);
  });
});

describe("evidence", () => {
  const because = (text: string, utterance = "agent-0") => ({ utterance, speaker: "agent", text, start_ms: 0, end_ms: 0, trigger: "phrase", pattern: "", score: 1 });
  const heard = [{ ...final("agent", 0, "Hello there. I must say this call is recorded for quality. Go on?", 0) }] as never;

  it("is the whole sentence the words stand in", () => {
    expect(sentenceOf(because("call is recorded"), heard)).toBe("I must say this call is recorded for quality.");
    expect(sentenceOf(because("Go on"), heard)).toBe("Go on?");
    expect(sentenceOf(because("there. I must"), heard)).toBe("Hello there. I must say this call is recorded for quality.");
  });
  it("is the words alone where they are not found", () => {
    expect(sentenceOf(because("other words"), heard)).toBe("other words");
    expect(sentenceOf(because("call is recorded", "agent-9"), heard)).toBe("call is recorded");
  });
  it("names an article as people do", () => {
    expect(articleName({ file: "help/late_fees.md", heading: "First reminder" })).toBe("Late fees: First reminder");
    expect(articleName({ file: "billing.md", heading: "Billing", title: "Billing" })).toBe("Billing");
  });
});
