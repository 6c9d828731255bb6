// The compliance lane, never empty in a call: what is overdue, whole; else what is next, else "All said".
import { OctagonAlert } from "lucide-react";
import type { ChecklistItem, Cue } from "../connection/wire";

export function Overdue({ cues, said }: { cues: Cue[]; said: (cue: Cue) => void }): React.JSX.Element | null {
  const [first, ...others] = cues;
  if (!first) return null;
  return (
    <div role="region" aria-label="Must say now" tabIndex={0} className="must overdue" data-testid="overdue">
      <p className="row">
        <OctagonAlert size={20} aria-hidden />
        <b className="grow">Before you continue: {first.headline}</b>
        {first.item !== undefined && <button onClick={() => said(first)}>Said it</button>}
      </p>
      <p>{first.body}</p>
      {others.length > 0 && <p>Also: {others.map((cue) => cue.headline).join("; ")}</p>}
    </div>
  );
}

export function NextDuty({ checklist }: { checklist: ChecklistItem[] }): React.JSX.Element {
  const open = checklist.filter((item) => !item.ticked);
  const [next] = open;
  return (
    <div role="region" aria-label="Must say" className="must next">
      <div className="grow">
        {next ? (
          <>
            Must say next: <b>{next.label}</b>
          </>
        ) : (
          <b>{checklist.length > 0 ? "All said" : "Nothing must be said"}</b>
        )}
      </div>
      {checklist.length > 0 && (
        <div className="quiet">
          {checklist.length - open.length} of {checklist.length} said
        </div>
      )}
    </div>
  );
}
