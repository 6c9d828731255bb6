import type { Cue } from "../connection/wire";
import { clock } from "../session/select";

export const KINDS: Record<string, { mark: string; name: string }> = {
  answer: { mark: "#", name: "Answer" },
  next_step: { mark: ">", name: "Next step" },
  say: { mark: "“", name: "Say" },
  careful: { mark: "!", name: "Careful" },
  must_say: { mark: "!", name: "Must say" },
};

export function CueCard({ cue, why, dismiss }: { cue: Cue; why: () => void; dismiss: () => void }): React.JSX.Element {
  const kind = KINDS[cue.kind] ?? { mark: ">", name: cue.kind };
  return (
    <article key={cue.id} className={`cue ${cue.kind === "careful" ? "careful" : ""} ${cue.match}`} data-testid="cue" aria-label={`${kind.name}: ${cue.headline}`}>
      <div className="row small">
        <b>
          <span aria-hidden="true">{kind.mark} </span>
          {kind.name}
        </b>
        <span className="quiet">{cue.match === "strong" ? "Strong match" : "Likely"}</span>
        <span className="quiet mono">{clock(cue.because.end_ms)}</span>
        <span className="grow" />
        <button className="close" aria-label="Dismiss" onClick={dismiss}>
          ×
        </button>
      </div>
      <h2 className="headline">{cue.headline}</h2>
      <p className="body">{cue.body}</p>
      <div className="row small foot">
        <span className="grow clip quiet" title={cue.source ? `${cue.source.file}, ${cue.source.heading}` : ""}>
          {cue.source ? `${cue.source.file}, ${cue.source.heading}` : "Policy " + cue.policy}
        </span>
        <button onClick={why}>Why</button>
      </div>
    </article>
  );
}
