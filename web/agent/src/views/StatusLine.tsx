// One line: mark, word, clock, and Pause, all call long.
import { useState } from "react";
import { clock, type Status } from "../session/select";
import { Back } from "./Live";

const MARKS: Record<Status["tone"], string> = { live: "●", delayed: "◐", connecting: "○", paused: "❙❙", error: "✕" };

interface Props {
  status: Status[];
  mediaMs: number;
  lagMs: number;
  paused: boolean;
  over: boolean;
  demo: boolean;
  toggle: () => void;
  stop: () => void;
}

export function StatusLine({ status, mediaMs, lagMs, paused, over, demo, toggle, stop }: Props): React.JSX.Element {
  const [open, setOpen] = useState(false);
  const [first, ...others] = status;
  return (
    <header className="status">
      <Back />
      <span className={`badge ${first?.tone ?? "live"}`} title={first?.detail} data-testid="status">
        <span aria-hidden="true">{MARKS[first?.tone ?? "live"]}</span> {first?.word}
      </span>
      {others.length > 0 && (
        <button aria-expanded={open} onClick={() => setOpen(!open)}>
          +{others.length}
        </button>
      )}
      <time role="timer" aria-live="off" className="mono">
        {clock(mediaMs)}
      </time>
      <span className="lag mono">captions {(lagMs / 1000).toFixed(1)} s</span>
      <span className="grow" />
      {demo && !over && <button onClick={stop} aria-label="End demo" title="End demo">End</button>}
      {!over && <button onClick={toggle}>{paused ? "Resume" : "Pause"}</button>}
      {open && (
        <ul className="others">
          {status.map((one) => (
            <li key={one.word}>
              <b>{one.word}</b> {one.detail}
            </li>
          ))}
        </ul>
      )}
    </header>
  );
}
