// The log (finals, gaps, pauses; virtual, never announced) and the live line (words that still grow).
import { useEffect, useRef, useState } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { TrackName, Understood, Utterance } from "../connection/wire";
import { clock, isWeakGuess, ONE_CHANNEL, pieces, rows, saidBy, type Row } from "../session/select";
import type { CallState } from "../session/state";

const WHO: Record<TrackName, string> = { customer: "Customer", agent: "You" };
const REASONS: Record<string, string> = { no_words: "no words", not_received: "not received", not_started: "not started", unsaved: "not saved", overrun: "too far behind", recogniser_lost: "recogniser lost" };

interface Props {
  state: CallState;
  marked?: string | undefined; // an utterance's key to point at
}

export function Log({ state, marked }: Props): React.JSX.Element {
  const list = rows(state);
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const [seen, setSeen] = useState(0);
  const virtual = useVirtualizer({ count: list.length, getScrollElement: () => box.current, estimateSize: () => 44, overscan: 12, getItemKey: (i) => list[i]?.key ?? i });
  useEffect(() => {
    if (following && list.length > 0) virtual.scrollToIndex(list.length - 1, { align: "end" });
    if (following) setSeen(list.length);
  }, [list.length, following]);
  useEffect(() => {
    const latest = (): void => setFollowing(true);
    document.addEventListener("sotto:latest", latest);
    return () => document.removeEventListener("sotto:latest", latest);
  }, []);
  useEffect(() => {
    const at = marked ? list.findIndex((row) => row.key === marked) : -1;
    if (at >= 0) virtual.scrollToIndex(at, { align: "center" });
  }, [marked]);
  const onScroll = (): void => {
    const element = box.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < 40);
  };
  const fresh = list.length - seen;
  return (
    <div className={state.info?.mono ? "logbox one-channel" : "logbox"}>
      {state.info?.mono && (
        <p className="note" data-testid="one-channel">
          {ONE_CHANNEL}
        </p>
      )}
      <div ref={box} className="log" role="log" aria-live="off" tabIndex={0} onScroll={onScroll}>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = list[item.index];
            return row ? (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} style={{ position: "absolute", top: item.start, left: 0, right: 0 }}>
                <Line row={row} marked={row.key === marked} understood={state.understood[row.key]} />
              </div>
            ) : null;
          })}
        </div>
        {list.length === 0 && <p className="empty">No words yet.</p>}
      </div>
      {!following && (
        <button className="latest" onClick={() => setFollowing(true)}>
          Latest{fresh > 0 ? ` (${fresh} new)` : ""}
        </button>
      )}
    </div>
  );
}

// With a question mark where the guess is a weak one.
function Who({ utterance }: { utterance: Utterance }): React.JSX.Element {
  const weak = isWeakGuess(utterance);
  return (
    <span className={weak ? "who guess" : "who"} title={weak ? "A guess: both parties are in one channel" : undefined}>
      {WHO[saidBy(utterance)]}
      {weak && "?"}
    </span>
  );
}

// What was understood of a line: what is wanted, and a mark where the words are clearly negative or positive.
function Meaning({ understood }: { understood: Understood }): React.JSX.Element {
  const felt = understood.sentiment ?? 0;
  const names = understood.intents.map((intent) => intent.name.replaceAll("_", " "));
  return (
    <span className="meaning" title={understood.intents.map((intent) => `${intent.name}: ${Math.round(intent.probability * 100)} % likely`).join(", ")}>
      {names.map((name) => (
        <span key={name} className="chip">
          {name}
        </span>
      ))}
      {felt <= -0.5 && <span className="quiet"> negative words</span>}
      {felt >= 0.5 && <span className="quiet"> positive words</span>}
    </span>
  );
}

// The words, with what they name underlined; its normalised value is the underline's title.
function Words({ utterance }: { utterance: Utterance }): React.JSX.Element {
  return (
    <>
      {pieces(utterance).map((piece, i) =>
        piece.entity ? (
          <span key={i} className="entity" title={[piece.entity.kind, piece.entity.value].filter(Boolean).join(": ")}>
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}

function Line({ row, marked, understood }: { row: Row; marked: boolean; understood: Understood | undefined }): React.JSX.Element {
  if (row.kind === "gap") {
    return (
      <p className="line gap">
        <span className="mono at">{clock(row.at)}</span>
        <span className="hatched">
          — not heard {((row.gap.end_ms - row.gap.start_ms) / 1000).toFixed(1)} s, {WHO[row.gap.track].toLowerCase()}: {REASONS[row.gap.reason] ?? row.gap.reason} —
        </span>
      </p>
    );
  }
  if (row.kind === "pause") {
    return (
      <p className="line paused">
        <span className="mono at">{clock(row.at)}</span>
        <span>
          ❙❙ paused{row.pause.end_ms === undefined ? "" : ` ${clock(row.pause.end_ms - row.pause.at_ms)}`}
        </span>
      </p>
    );
  }
  const { utterance } = row;
  return (
    <p className={`line ${saidBy(utterance)} ${marked ? "marked" : ""}`} data-testid="final">
      <span className="mono at">{clock(utterance.start_ms)}</span>
      <Who utterance={utterance} />
      <span className="text">
        {row.overlaps && <span aria-label="at the same time">[ </span>}
        {utterance.was === undefined ? (
          <Words utterance={utterance} />
        ) : (
          <>
            <span className="revised" title={`First heard: ${utterance.was}`}>
              <Words utterance={utterance} />
            </span>
            <span className="edited"> edited</span>
          </>
        )}
        {understood && <Meaning understood={understood} />}
        {utterance.unpersisted && <span className="quiet"> (not saved yet)</span>}
      </span>
    </p>
  );
}

export function LiveLine({ state, receiving }: { state: CallState; receiving: boolean }): React.JSX.Element {
  return (
    <div className="liveline" aria-hidden="true" data-testid="live">
      {(["customer", "agent"] as const).map((track) => {
        const partial = state.partials[track];
        return (
          <div key={track} className="liverow">
            {partial ? <Who utterance={partial} /> : <span className="who">{WHO[track]}</span>}
            <span className="tail">
              <span>{partial ? `${partial.text} …` : ""}</span>
            </span>
          </div>
        );
      })}
      {!receiving && !state.ended && state.loaded && <span className="stale">Not receiving</span>}
    </div>
  );
}
