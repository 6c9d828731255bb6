import { describe, expect, it } from "vitest";
import { callOf, callPath } from "../views/route";
import { asked, callSummaries, serverMessage, snapshotOfCall } from "./decode";

const call = { call: "c", tenant: "t", agent: "a", demo: false, live: true, started: "2026-01-01T00:00:00Z", duration_ms: 1, cues: 0, late: 0, heard: 1, end_reason: "", metadata: {} };
const info = { call: "c", tenant: "t", agent: "a", demo: false, started: "", metadata: { title: "T" } };
const snapshot = { info, status: "live", utterances: [], gaps: [], pauses: [], cues: [], checklist: [], understood: [], alerts: [], tags: [], health: {} };
// Anything that JSON can hold, where anything else is expected.
const ANYTHING: unknown[] = [null, 0, -1, "", "x", true, [], [1], {}, { a: 1 }, [[]], [{}], 1e308];

describe("the decoder", () => {
  it("leaves out a title that is no text, and keeps the call", () => {
    for (const title of [{ a: 1 }, 7, null, ["x"]]) {
      expect(callSummaries({ calls: [{ ...call, metadata: { title } }] })).toEqual([{ ...call, metadata: {} }]);
      expect(snapshotOfCall({ ...snapshot, info: { ...info, metadata: { title } } }).info.metadata).toEqual({});
    }
    expect(callSummaries({ calls: [{ ...call, metadata: "none" }] })[0]?.metadata).toEqual({});
  });

  it("leaves out a call of the list that is none, and keeps the others", () => {
    expect(callSummaries({ calls: [null, { call: 7 }, call, "x"] })).toEqual([call]);
  });

  it("takes one event at a time: what is misshapen costs itself", () => {
    const said = { track: "agent", utterance: 0, revision: 0, text: "Hello.", start_ms: 0, end_ms: 900, words: [] };
    const event = (number: number, data: unknown) => ({ type: "sotto.utterance.final", number, data });
    const message = serverMessage(JSON.stringify({ type: "delta", cursor: "4", sent_us: 1, events: [event(1, { ...said, text: 7 }), event(2, null), event(3, said), { type: 5 }, { type: "sotto.news", number: 4, data: {} }] }));
    expect(message.type === "delta" && message.events.map(({ number }) => number)).toEqual([3, 4]);
  });

  it("refuses what is no message, in any shape", () => {
    for (const wrong of ["", "{", "null", "7", "[]", '{"type":7}', '{"type":"toString"}', '{"type":"snapshot"}', '{"type":"beat","media_ms":"x"}']) expect(() => serverMessage(wrong)).toThrow();
  });

  it("never lets a wrong type through, whichever member has it", () => {
    for (const key of Object.keys(snapshot))
      for (const value of ANYTHING) {
        let read;
        try {
          read = snapshotOfCall({ ...snapshot, [key]: value });
        } catch {
          continue; // the message costs itself
        }
        for (const list of [read.utterances, read.gaps, read.pauses, read.cues, read.checklist, read.understood, read.alerts, read.tags]) expect(Array.isArray(list)).toBe(true);
        expect(["live", "ended"]).toContain(read.status);
        expect(typeof read.info.call).toBe("string");
      }
    for (const key of Object.keys(call))
      for (const value of ANYTHING) for (const read of callSummaries({ calls: [{ ...call, [key]: value }] })) expect(Object.fromEntries(Object.entries(read).map(([name, member]) => [name, typeof member]))).toEqual(Object.fromEntries(Object.entries(call).map(([name, member]) => [name, typeof member])));
  });

  it("reads an answer without one as none", () => {
    expect(asked({ answer: { headline: 7 }, nearest: [{ file: "a.md" }, 3] })).toMatchObject({ answer: null, few_words: false, nearest: [{ file: "a.md", score: 0 }] });
  });
});

describe("addresses of calls", () => {
  it("carry any id", () => {
    for (const id of ["call-1", "a@b", "a/b", "a\\b", "sip:1:2", "a&b=c?d#e", "two words", "100%", "é 漢"]) expect(callOf(callPath(id))).toEqual({ kind: "call", id });
  });
  it("that are broken or of something else are told apart", () => {
    expect(callOf("/calls/%E0%A4%A")).toEqual({ kind: "malformed" });
    for (const other of ["/calls", "/calls/", "/calls/a/b", "/nowhere"]) expect(callOf(other)).toEqual({ kind: "other" });
  });
});
