// The stage: one box that never changes its outer height. What must be said, the cue, and what waits; or a plate, where
// there can be no cue. What is overdue stands whole at every width and in every state, the cue folds to a line beside it.
import { useEffect, useState } from "react";
import type { Cue } from "../connection/wire";
import { clock, earlier } from "../session/select";
import type { Plate, View } from "../session/view";
import type { LiveCall } from "../session/use-call";
import { CueCard, FoldedCue } from "./CueCard";
import { NextDuty, Overdue } from "./MustSay";

interface Props {
  live: LiveCall;
  view: View;
  armed: boolean; // letters act
  whyOpen: boolean;
  why: () => void;
  said: (cue: Cue) => void; // a duty, by hand
  act: (what: NonNullable<Plate["act"]>) => void;
}

export function Stage({ live, view, armed, whyOpen, why, said, act }: Props): React.JSX.Element {
  const { state, slot, overdue } = live;
  const late = overdue.length > 0 && state.loaded && !state.ended;
  return (
    <section className={armed ? "stage armed" : "stage"} tabIndex={0} data-home aria-label="Guidance" data-testid="stage">
      {late && <Overdue cues={overdue} said={said} />}
      {!late && !view.plate && <NextDuty checklist={state.checklist} />}
      {view.plate ? <PlateView plate={view.plate} act={act} /> : <CueSlot live={live} view={view} folded={late} whyOpen={whyOpen} why={why} />}
      {!view.plate && !late && (
        <div className="chips">
          {slot.chip && (
            <button className="chip" onClick={() => slot.chip && live.take(slot.chip)}>
              <span className="clip">1 {slot.chip.headline}</span>
            </button>
          )}
          {live.waiting && <span className="chip">1 cue waits for a pause in your speech</span>}
        </div>
      )}
    </section>
  );
}

interface SlotProps {
  live: LiveCall;
  view: View;
  folded: boolean;
  whyOpen: boolean;
  why: () => void;
}

// A card under the pointer, with the focus or explained is held.
function CueSlot({ live, view, folded, whyOpen, why }: SlotProps): React.JSX.Element {
  const { slot, state } = live;
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const shown = slot.cue !== undefined;
  const held = shown && (hovered || focused || whyOpen);
  useEffect(() => live.hold(held), [held]);
  // A new card was never under the hands of anybody.
  useEffect(() => setFocused(false), [slot.cue?.id]);
  const last = earlier(state)[0];
  return (
    <div
      className="slot"
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setFocused(false)}
    >
      {slot.cue && folded && <FoldedCue cue={slot.cue} whyOpen={whyOpen} why={why} />}
      {slot.cue && !folded && <CueCard cue={slot.cue} kept={slot.kept} whyOpen={whyOpen} why={why} dismiss={() => slot.cue && live.dismiss(slot.cue)} />}
      {!slot.cue && !folded && last && (
        <p className="last">
          <span className="quiet">Last </span>
          {last.headline} <span className="quiet mono">{clock(last.because.end_ms)}</span>
        </p>
      )}
      {!slot.cue && (
        <p className="empty" data-testid="slot-words">
          {view.slotWords}
        </p>
      )}
    </div>
  );
}

const ACTS: Record<NonNullable<Plate["act"]>, string> = { resume: "Resume listening", again: "Try again", past: "Open the past call" };

function PlateView({ plate, act }: { plate: Plate; act: Props["act"] }): React.JSX.Element {
  const { kind, word, what } = plate;
  return (
    <div className={`plate ${kind}`} data-testid="plate">
      <h2 className="headline mono">{word}</h2>
      <p>{what}</p>
      {plate.act && (
        <button className="filled" onClick={() => plate.act && act(plate.act)}>
          {ACTS[plate.act]}
        </button>
      )}
    </div>
  );
}
