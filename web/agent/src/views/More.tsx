// What is behind the status line: every state in words, how much was heard, the keys, and the end of a demo call.
import { useState } from "react";
import { coverageText } from "../session/select";
import type { CallState } from "../session/state";
import type { Status } from "../session/view";
import { Keys } from "./Keys";

interface Props {
  state: CallState;
  status: Status[];
  letters: boolean;
  setLetters: (on: boolean) => void;
  stop: (() => void) | undefined; // of a demo call
}

export function More({ state, status, letters, setLetters, stop }: Props): React.JSX.Element {
  const [asked, setAsked] = useState(false);
  return (
    <section aria-label="More" className="more-pane">
      <h2>Now</h2>
      <ul>
        {status.map((one) => (
          <li key={one.word}>
            <b>{one.word}</b> {one.detail}
          </li>
        ))}
      </ul>
      {state.loaded && (
        <p className="mono" data-testid="coverage">
          {coverageText(state.coverage)}, transcript {(state.lagMs / 1000).toFixed(1)} s behind the voice
        </p>
      )}
      <h2>Keys</h2>
      <Keys letters={letters} setLetters={setLetters} />
      {stop && <h2>Demo call</h2>}
      {stop && !asked && <button onClick={() => setAsked(true)}>End demo</button>}
      {stop && asked && (
        <p className="row">
          End this demo call? <button onClick={stop}>End it</button> <button onClick={() => setAsked(false)}>Keep it</button>
        </p>
      )}
    </section>
  );
}
