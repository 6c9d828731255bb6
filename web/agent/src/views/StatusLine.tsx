// Mark, word, clock, and Pause, all call long; the rest is under More.
import { ChevronLeft, Ellipsis } from "lucide-react";
import { clock } from "../session/select";
import type { Status } from "../session/view";
import { go } from "./route";

const MARKS: Record<Status["tone"], string> = { live: "●", delayed: "◐", connecting: "○", paused: "❙❙", error: "✕" };

export function Back(): React.JSX.Element {
  return (
    <a href="/" className="back" aria-label="Back to the calls" onClick={(event) => (event.preventDefault(), go("/"))}>
      <ChevronLeft size={20} aria-hidden />
    </a>
  );
}

interface Props {
  status: Status[];
  mediaMs: number | undefined; // not known yet
  action: { words: string; act: () => void } | undefined; // pause, resume
  moreOpen: boolean;
  more: () => void;
}

export function StatusLine({ status, mediaMs, action, moreOpen, more }: Props): React.JSX.Element {
  const [first, ...others] = status;
  return (
    <header className="status">
      <Back />
      <span className={`badge ${first?.tone ?? ""}`} data-testid="status">
        <span aria-hidden="true">{MARKS[first?.tone ?? "connecting"]}</span> {first?.word}
      </span>
      {mediaMs !== undefined && (
        <time role="timer" aria-live="off" className="mono">
          {clock(mediaMs)}
        </time>
      )}
      {action && (
        <button className="act" onClick={action.act}>
          {action.words}
        </button>
      )}
      <button className="more" aria-expanded={moreOpen} aria-label={others.length > 0 ? `More: ${others.length} more to know` : "More"} onClick={more}>
        {others.length > 0 ? `+${others.length}` : <Ellipsis size={16} aria-hidden />}
      </button>
    </header>
  );
}
