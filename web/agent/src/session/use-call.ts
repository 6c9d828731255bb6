// Binds one followed call to React: the reducer's state, the clock, and what the page tells the server.
import { useEffect, useReducer, useRef, useState } from "react";
import { Follower, pageNow } from "../connection/follow";
import type { Cue } from "../connection/wire";
import { EMPTY, reduce, type CallState } from "./state";
import { slot, type Slot } from "./pin";
import { active, hold, outlived, overdue } from "./select";

export interface LiveCall {
  state: CallState;
  now: number;
  over: boolean;
  slot: Slot;
  overdue: Cue[]; // in the compliance lane, the newest first
  waiting: boolean; // a cue is held for a pause of the agent's speech
  mediaNow: number; // the call's clock, between two beats too
  hold(held: boolean): void; // the card in the slot is looked at
  take(cue: Cue): void; // from its chip into the slot
  dismiss(cue: Cue): void;
}

const TICK_MS = 200;

export function useCall(call: string): LiveCall {
  const [state, dispatch] = useReducer(reduce, EMPTY);
  const [now, setNow] = useState(pageNow);
  const [over, setOver] = useState(false);
  const [held, setHeld] = useState(false);
  const follower = useRef<Follower | undefined>(undefined);
  const slotted = useRef<string | undefined>(undefined);
  const drawn = useRef(new Set<string>());
  const dismissed = useRef(new Set<string>()); // at once, before the server says so
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

  const offset = follower.current?.offset ?? 0;
  const cuesStand = state.pausedSince === undefined && !state.ended;
  const newest = active(state, "cue");
  const offered = cuesStand && newest && !dismissed.current.has(newest.id) && !outlived(newest, state, now, offset) ? newest : undefined;
  const already = offered !== undefined && drawn.current.has(offered.id);
  const pinned = held && cuesStand && slotted.current !== undefined && offered?.id !== slotted.current;
  // A card that is held keeps its place: what is offered waits for it, however long.
  const verdict = offered && !pinned ? hold(offered, state, now, offset) : "show";
  const current = slot(slotted.current, offered && (already || pinned || verdict === "show") ? offered : undefined, held && cuesStand, state.cues);
  slotted.current = current.cue?.id;
  const lane = overdue(state);
  useReport(current.kept ? undefined : current.cue, state, follower, drawn.current);
  useReport(lane[0], state, follower, drawn.current);
  const tell = (cue: Cue): void => follower.current?.send({ type: "dismiss", cue: cue.id });
  useEffect(() => {
    if (offered && !already && !pinned && verdict === "late") tell(offered);
  }, [offered?.id, verdict, pinned]);
  const letGo = (next: string | undefined): void => {
    slotted.current = next;
    setHeld(false);
    setNow(pageNow());
  };
  return {
    state,
    now,
    over: over || state.ended !== undefined,
    slot: current,
    overdue: lane,
    waiting: offered !== undefined && !current.cue,
    mediaNow: state.mediaMs + (state.beatAt > 0 ? Math.max(0, now - state.beatAt) : 0),
    hold: setHeld,
    take: (cue) => {
      drawn.current.add(cue.id); // by hand: it is shown however old it is
      letGo(cue.id);
    },
    dismiss: (cue) => {
      if (cue.state !== "closed") tell(cue);
      dismissed.current.add(cue.id);
      letGo(undefined);
    },
  };
}

// Tells the server once when a cue was drawn: two animation frames after it was put on the page.
function useReport(cue: Cue | undefined, state: CallState, follower: React.RefObject<Follower | undefined>, drawn: Set<string>): void {
  const received = useRef(new Map<string, number>());
  const reported = useRef(new Set<string>());
  const newest = state.cues.at(-1);
  if (newest && !newest.expected && !received.current.has(newest.id)) received.current.set(newest.id, pageNow());
  useEffect(() => {
    if (!cue || cue.expected || reported.current.has(cue.id) || cue.displayed) return;
    reported.current.add(cue.id);
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
  }, [cue?.id, cue?.expected]);
}
