// Binds one followed call to React: the reducer's state, the clock, and what the page tells the server.
import { useEffect, useReducer, useRef, useState } from "react";
import { Follower, pageNow } from "../connection/follow";
import type { Cue } from "../connection/wire";
import { EMPTY, reduce, type CallState } from "./state";
import { active, hold } from "./select";

export interface LiveCall {
  state: CallState;
  now: number;
  over: boolean;
  shown: Cue | undefined; // in the cue slot
  mustSay: Cue | undefined; // in the compliance lane
  waiting: number; // cues held for a pause of the agent's speech
  dismiss(cue: Cue): void;
}

const TICK_MS = 200;

export function useCall(call: string): LiveCall {
  const [state, dispatch] = useReducer(reduce, EMPTY);
  const [now, setNow] = useState(pageNow);
  const [over, setOver] = useState(false);
  const follower = useRef<Follower | undefined>(undefined);
  useEffect(() => {
    const following = new Follower(call, {
      onMessage: (message) => dispatch({ type: "message", message, at: pageNow() }),
      onState: (to) => (to === "over" ? setOver(true) : dispatch({ type: "connection", state: to, at: pageNow() })),
    });
    follower.current = following;
    const timer = setInterval(() => setNow(pageNow()), TICK_MS);
    return () => {
      following.close();
      clearInterval(timer);
    };
  }, [call]);

  const offered = active(state, "cue");
  const verdict = offered ? hold(offered, state, now, follower.current?.offset ?? 0) : "show";
  const drawn = useRef(new Set<string>());
  const already = offered !== undefined && drawn.current.has(offered.id);
  const shown = offered && (already || verdict === "show") ? offered : undefined;
  const mustSay = active(state, "compliance");
  useReport(shown, state, follower, drawn.current);
  useReport(mustSay, state, follower, drawn.current);
  const dismiss = (cue: Cue): void => follower.current?.send({ type: "dismiss", cue: cue.id });
  useEffect(() => {
    if (offered && !already && verdict === "late") dismiss(offered);
  }, [offered?.id, verdict]);
  return { state, now, over: over || state.ended !== undefined, shown, mustSay, waiting: offered && !shown ? 1 : 0, dismiss };
}

// Tells the server once when a cue was drawn: two animation frames after it was put on the page.
function useReport(cue: Cue | undefined, state: CallState, follower: React.RefObject<Follower | undefined>, drawn: Set<string>): void {
  const received = useRef(new Map<string, number>());
  const newest = state.cues.at(-1);
  if (newest && !received.current.has(newest.id)) received.current.set(newest.id, pageNow());
  useEffect(() => {
    if (!cue || drawn.has(cue.id) || cue.displayed) return;
    drawn.add(cue.id);
    const shownAt = pageNow();
    const receivedAt = received.current.get(cue.id) ?? shownAt;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const following = follower.current;
        if (!following) return;
        const at = pageNow();
        const deliver = receivedAt + following.offset - cue.guided_us / 1000;
        following.send({ type: "displayed", cue: cue.id, deliver, hold: shownAt - receivedAt, render: at - shownAt, total: at + following.offset - cue.spoken_us / 1000, clock_error: following.clockError });
      }),
    );
  }, [cue?.id]);
}
