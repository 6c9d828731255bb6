// Why a cue came: rule, words, source, and where the time went.
import { useState } from "react";
import type { Cue } from "../connection/wire";
import { articleName, clock } from "../session/select";
import { kindOf } from "./kinds";
import { Waterfall } from "./Waterfall";

const ENDED: Record<string, string> = { said: "Said", dismissed: "Dismissed", replaced: "Replaced", expired: "Expired", late: "Late, not shown", call_ended: "Call ended", withdrawn: "Withdrawn, its words were corrected" };

export function Why({ cue, folded }: { cue: Cue; folded?: boolean }): React.JSX.Element {
  const [open, setOpen] = useState(!folded);
  const kind = kindOf(cue.kind);
  return (
    <section className="why" data-testid="why">
      <button className="whyhead" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="mono">{clock(cue.because.end_ms)}</span>
        <span className="grow clip">
          <kind.icon size={16} aria-label={kind.name} /> {cue.headline}
        </span>
        {cue.reason && <span className="quiet">{ENDED[cue.reason] ?? cue.reason}</span>}
      </button>
      {open && (
        <dl>
          <dt>Because</dt>
          <dd>{reason(cue)}</dd>
          {cue.body && (
            <>
              <dt>Text</dt>
              <dd>{cue.body}</dd>
            </>
          )}
          {cue.source && (
            <>
              <dt>
                Source <span title={cue.source.file}>{articleName(cue.source)}</span>
              </dt>
              <dd>
                <Passage text={cue.source.passage} marked={cue.source.sentence} />
              </dd>
            </>
          )}
          <dt>Rule</dt>
          <dd>
            {cue.policy} <span className="quiet">version {cue.policy_version}
              {cue.match === "likely" && ", likely"}
            </span>
          </dd>
          <dt>Time</dt>
          <dd>
            <Waterfall cue={cue} />
          </dd>
        </dl>
      )}
    </section>
  );
}

function reason(cue: Cue): string {
  const { because } = cue;
  if (because.trigger === "elapsed") return `${clock(because.start_ms)} had passed and it was not said`;
  if (because.trigger === "silence") return `Nobody had spoken for a while at ${clock(because.start_ms)}`;
  const who = because.speaker === "agent" ? "You" : "Customer";
  return because.text ? `${who}, ${clock(because.start_ms)}: “${because.text}”` : `At ${clock(because.start_ms)}`;
}

export function Passage({ text, marked }: { text: string; marked: string }): React.JSX.Element {
  const at = marked ? text.indexOf(marked) : -1;
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{marked}</mark>
      {text.slice(at + marked.length)}
    </>
  );
}
