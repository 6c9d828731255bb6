import { X } from "lucide-react";
import type { Cue } from "../connection/wire";
import { keptWords } from "../session/pin";
import { articleName, clock } from "../session/select";
import { kindOf } from "./kinds";

interface Props {
  cue: Cue;
  kept: boolean;
  whyOpen: boolean;
  why: () => void;
  dismiss: () => void;
}

export function CueCard({ cue, kept, whyOpen, why, dismiss }: Props): React.JSX.Element {
  const kind = kindOf(cue.kind);
  return (
    <article key={cue.id} className={`cue ${cue.kind} ${cue.match}`} data-testid="cue" aria-label={`${kind.name}: ${cue.headline}`}>
      <div className="row small">
        <kind.icon size={16} aria-hidden />
        <b>{kind.name}</b>
        {cue.match === "likely" && <span className="quiet">likely</span>}
        <span className="quiet mono">{clock(cue.because.end_ms)}</span>
        <span className="grow" />
        <button className="close" aria-label="Dismiss" onClick={dismiss}>
          <X size={16} aria-hidden />
        </button>
      </div>
      <h2 className="headline">{cue.headline}</h2>
      <div className="body" tabIndex={0} role="group" aria-label="Text of the cue">
        {cue.kind === "say" ? <q className={/["“”]/.test(cue.body) ? "quoted" : ""}>{cue.body}</q> : cue.body}
      </div>
      <div className="row small foot">
        <span className="grow quiet">{kept ? <b data-testid="kept">{keptWords(cue)}</b> : cue.source ? articleName(cue.source) : ""}</span>
        <button aria-expanded={whyOpen} onClick={why}>
          Why
        </button>
      </div>
    </article>
  );
}

// The card of an overdue time: one line, whole under Why.
export function FoldedCue({ cue, whyOpen, why }: { cue: Cue; whyOpen: boolean; why: () => void }): React.JSX.Element {
  const kind = kindOf(cue.kind);
  return (
    <button className="folded" data-testid="folded" aria-expanded={whyOpen} onClick={why} aria-label={`${kind.name}: ${cue.headline}`}>
      <kind.icon size={16} aria-hidden />
      <span className="clip grow">{cue.headline}</span>
    </button>
  );
}
