// What must be said. Ticked by words, with the whole sentence they stand in, or by hand, with the agent's reason.
import { useEffect, useId, useRef, useState } from "react";
import type { ChecklistItem, Ticked, Utterance } from "../connection/wire";
import { clock, sentenceOf } from "../session/select";

export interface ByHand {
  asking: string | undefined; // the item whose reason is asked
  ask: (item: string | undefined) => void;
  tick: (item: string, ticked: boolean, reason: string) => Promise<void>;
}

interface Props {
  items: ChecklistItem[];
  utterances: Utterance[];
  byHand?: ByHand; // missing: the call is over
}

export function Checklist({ items, utterances, byHand }: Props): React.JSX.Element {
  return (
    <ul className="checklist" aria-label="Checklist">
      {items.map((item) => (
        <Item key={item.item} item={item} utterances={utterances} byHand={byHand} />
      ))}
    </ul>
  );
}

function Item({ item, utterances, byHand }: { item: ChecklistItem; utterances: Utterance[]; byHand: ByHand | undefined }): React.JSX.Element {
  const box = useRef<HTMLInputElement>(null);
  const evidence = useId();
  const { ticked } = item;
  const asking = byHand?.asking === item.item;
  const close = (): void => {
    byHand?.ask(undefined);
    box.current?.focus();
  };
  return (
    <li className={ticked ? "done" : ""} data-testid={`item-${item.item}`}>
      {byHand ? (
        <label className="row">
          <input ref={box} type="checkbox" checked={ticked !== undefined} aria-describedby={evidence} onChange={() => byHand.ask(asking ? undefined : item.item)} />
          <span className="grow">{item.label}</span>
        </label>
      ) : (
        <p>
          <b>{ticked ? "Said" : "Not said"}:</b> {item.label}
        </p>
      )}
      <p id={evidence} className="quiet small">
        {ticked && <Evidence ticked={ticked} utterances={utterances} />}
      </p>
      {asking && byHand && <Reason ticked={ticked !== undefined} save={(reason) => byHand.tick(item.item, ticked === undefined, reason)} close={close} />}
    </li>
  );
}

function Evidence({ ticked, utterances }: { ticked: Ticked; utterances: Utterance[] }): React.JSX.Element {
  if (!ticked.because) return <>By hand: {ticked.reason}</>;
  return (
    <>
      <span className="mono">{clock(ticked.because.end_ms)}</span> “{sentenceOf(ticked.because, utterances)}”
      {ticked.because.trigger === "said_like" && " (words like it)"}
    </>
  );
}

const REASONS = { tick: ["I said it, it was not heard", "Said before the call was heard", "Not needed in this call"], untick: ["These words were something else", "Ticked by mistake"] };
const LONGEST = 200;

function Reason({ ticked, save, close }: { ticked: boolean; save: (reason: string) => Promise<void>; close: () => void }): React.JSX.Element {
  const [problem, setProblem] = useState("");
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const give = (reason: string): void => {
    setProblem("");
    save(reason).then(close, (error: Error) => setProblem(error.message));
  };
  return (
    <form
      className="reason"
      aria-label={ticked ? "Why is it taken back?" : "Why by hand?"}
      onSubmit={(event) => {
        event.preventDefault();
        give(String(new FormData(event.currentTarget).get("reason") ?? "").trim());
      }}
    >
      <p>{ticked ? "Why is it taken back?" : "Why by hand?"}</p>
      {REASONS[ticked ? "untick" : "tick"].map((reason, at) => (
        <button key={reason} type="button" ref={at === 0 ? first : undefined} onClick={() => give(reason)}>
          {reason}
        </button>
      ))}
      <label>
        Another reason <input name="reason" maxLength={LONGEST} required autoComplete="off" />
      </label>
      <div className="row">
        <button type="submit">{ticked ? "Take it back" : "Tick by hand"}</button>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
      <p role="alert" className={problem ? "note bad" : ""}>
        {problem && `Not saved: ${problem}`}
      </p>
    </form>
  );
}
