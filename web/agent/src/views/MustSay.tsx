// The compliance lane, never empty: what is overdue, else what is next, else "All said".
import type { ChecklistItem, Cue } from "../connection/wire";

export function MustSay({ cue, checklist }: { cue: Cue | undefined; checklist: ChecklistItem[] }): React.JSX.Element {
  const open = checklist.filter((item) => !item.ticked);
  const done = `${checklist.length - open.length} of ${checklist.length} done`;
  if (cue) {
    return (
      <div role="region" aria-label="Must say" className="must overdue">
        <span aria-hidden="true" className="octagon">!</span>
        <span className="grow clip">
          <b>Before you continue: {cue.headline}</b>
          <br />
          {cue.body}
        </span>
      </div>
    );
  }
  const next = open[0];
  return (
    <div role="region" aria-label="Must say" className="must">
      <span className="grow clip">
        {next ? (
          <>
            Next: <b>{next.label}</b>
          </>
        ) : (
          <b>{checklist.length > 0 ? "All said" : "Nothing must be said"}</b>
        )}
        <br />
        <span className="quiet">{done}</span>
      </span>
    </div>
  );
}
