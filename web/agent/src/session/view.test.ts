// The status line and the slot, over every combination of what can be the matter.
import { describe, expect, it } from "vitest";
import { EMPTY, type CallState } from "./state";
import { view, type Failed, type View } from "./view";

const NOW = 100_000;
interface Case {
  state: CallState;
  failed: Failed | undefined;
  says: View;
}

function* everyCase(): Generator<Case> {
  for (const loaded of [false, true])
    for (const connection of ["connecting", "open", "gone"] as const)
      for (const silent of [false, true])
        for (const captions of ["live", "delayed", "degraded", "stopped"] as const)
          for (const audio of ["waiting", "ok", "none", "lost", "paused"] as const)
            for (const saved of [true, false])
              for (const suggestions of ["on", "paused"] as const)
                for (const [paused, cutOff] of [[false, false], [true, false], [false, true], [true, true]] as const)
                  for (const ended of [false, true])
                    for (const failed of [undefined, { wanted: paused ? ("resume" as const) : ("pause" as const), at: NOW }]) {
                      const state: CallState = {
                        ...EMPTY,
                        loaded,
                        connection,
                        heardAt: silent ? NOW - 5000 : NOW - 100,
                        goneSince: connection === "gone" ? NOW - 2000 : undefined,
                        health: { captions, audio, saved, suggestions, lag_ms: 0 },
                        unsavedSince: saved ? undefined : NOW - 3000,
                        mediaMs: 61_000,
                        lagMs: 4000,
                        cutOff,
                        pausedSince: paused ? 20_000 : undefined,
                        ended: ended ? { reason: "hangup", duration_ms: 61_000 } : undefined,
                      };
                      yield { state, failed, says: view(state, NOW, failed) };
                    }
}

const slot = ({ plate, slotWords }: View): string => plate?.word ?? slotWords;

describe("the status line and the slot", () => {
  it("never contradict each other, whatever holds", () => {
    let count = 0;
    for (const { state, failed, says } of everyCase()) {
      ++count;
      const [first] = says.status;
      const why = JSON.stringify({ health: state.health, connection: state.connection, loaded: state.loaded, paused: state.pausedSince, failed, says });
      expect(first?.word, why).toBeTruthy();
      expect(slot(says), why).toBeTruthy();
      if (slot(says) === "Listening") expect(first?.tone, why).toBe("live");
      if (first?.tone === "live") {
        expect(slot(says), why).toBe("Listening");
        expect(says.plate, why).toBeUndefined();
      }
      const receiving = state.connection === "open" && NOW - state.heardAt < 1000;
      if (state.loaded && !state.ended && !receiving) {
        expect(says.status.some((one) => one.word.startsWith("Reconnecting")), why).toBe(true);
        expect(says.plate?.kind, why).not.toBe("paused");
      }
      const paused = state.loaded && !state.ended && receiving && state.pausedSince !== undefined;
      expect(says.plate?.kind === "paused", why).toBe(paused);
      expect(says.status.some((one) => one.word === "Paused 00:41"), why).toBe(paused);
      expect(new Set(says.status.map((one) => one.word)).size, why).toBe(says.status.length);
    }
    expect(count).toBeGreaterThan(3000);
  });

  it("claim nothing of a call before its first snapshot", () => {
    for (const { state, says } of everyCase()) {
      if (state.loaded || state.ended) continue;
      expect(says.status).toHaveLength(1);
      expect(says.status[0]?.word).toMatch(state.connection === "gone" ? /^No server 2 s$/ : /^Connecting$/);
      expect(says.plate?.kind).toBe("connecting");
    }
  });

  it("say that words come late while the call's own server is not heard", () => {
    const health = { captions: "live", audio: "ok", saved: true, suggestions: "on", lag_ms: 0 } as const;
    const state: CallState = { ...EMPTY, loaded: true, connection: "open", heardAt: NOW, health, cutOff: true };
    expect(view(state, NOW).status).toMatchObject([{ tone: "delayed", word: "Words come late" }]);
    expect(view({ ...state, cutOff: false }, NOW).status[0]?.word).toBe("Live");
  });

  it("say what to do about a pause that failed", () => {
    const live: CallState = { ...EMPTY, loaded: true, connection: "open", heardAt: NOW, health: { captions: "live", audio: "ok", saved: true, suggestions: "on", lag_ms: 0 } };
    const says = view(live, NOW, { wanted: "pause", at: NOW });
    expect(says.status[0]?.word).toBe("Pause failed");
    expect(says.plate).toMatchObject({ kind: "error", word: "Pause failed: still listening", act: "again" });
  });
});
