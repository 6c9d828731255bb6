import { describe, expect, it } from "vitest";
import type { Cue } from "../connection/wire";
import { keptWords, slot } from "./pin";
import { correction } from "./in-step";

const cue = (id: string, state: Cue["state"] = "shown", reason?: string) => ({ id, state, reason }) as Cue;

describe("a card that is held", () => {
  it("stays when it expires, and says so", () => {
    const known = [cue("a", "closed", "expired")];
    expect(slot("a", undefined, true, known)).toEqual({ cue: known[0], kept: true, chip: undefined });
    expect(slot("a", undefined, false, known)).toEqual({ cue: undefined, kept: false, chip: undefined });
    expect(keptWords(cue("a", "closed", "expired"))).toBe("Kept open");
    expect(keptWords(cue("a", "closed", "withdrawn"))).toMatch(/corrected/);
  });
  it("stays when another is offered, which waits as a chip", () => {
    const known = [cue("a", "closed", "replaced"), cue("b")];
    expect(slot("a", known[1], true, known)).toEqual({ cue: known[0], kept: true, chip: known[1] });
    expect(slot("a", known[1], false, known)).toEqual({ cue: known[1], kept: false, chip: undefined });
  });
  it("is the one offered where none was in the slot, or it is still the same", () => {
    const known = [cue("a")];
    expect(slot(undefined, known[0], true, known).cue).toBe(known[0]);
    expect(slot("a", known[0], true, known)).toEqual({ cue: known[0], kept: false, chip: undefined });
    expect(slot("gone", known[0], true, known).cue).toBe(known[0]);
  });
});

describe("a sound in step with the call", () => {
  it("is left alone while nobody hears the difference, sped up or slowed down a little, and else jumps", () => {
    expect(correction(10_000, 10_050)).toEqual({ rate: 1 });
    expect(correction(10_000, 10_500).rate).toBeGreaterThan(1);
    expect(correction(10_500, 10_000).rate).toBeLessThan(1);
    expect(correction(0, 42_000)).toEqual({ seekTo: 42_000, rate: 1 });
  });
  it("comes together from any distance, and does not swing about the call", () => {
    for (const start of [-30_000, -900, -200, 0, 300, 950, 90_000]) {
      let played = Math.max(0, 60_000 + start);
      let worst = 0;
      for (let call = 60_000; call < 90_000; call += 200) {
        const { seekTo, rate } = correction(played, call);
        played = (seekTo ?? played) + 200 * rate;
        if (call > 80_000) worst = Math.max(worst, Math.abs(call + 200 - played));
      }
      expect(worst).toBeLessThan(100);
    }
  });
});
