// The log (finals, gaps, pauses; virtual, never announced) and the live line (words that still grow).
import { useEffect, useRef, useState } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { CallInfo, Understood, Utterance } from "../connection/wire";
import { clock, growing, isWeakGuess, nameOf, ONE_CHANNEL, pieces, rows, saidBy, speakerOf, type Row } from "../session/select";
import type { CallState } from "../session/state";
import { useFollowing } from "./following";

const REASONS: Record<string, string> = { no_words: "no words", distorted: "too distorted", samples_restarted: "the source began again", not_received: "not received", not_started: "not started", unsaved: "not saved", overrun: "too far behind", recogniser_lost: "recogniser lost" };

interface Props {
  state: CallState;
  past?: boolean; // nothing is added any more
  marked?: string | undefined; // an utterance's key to point at
}

export function Log({ state, past, marked }: Props): React.JSX.Element {
  const list = rows(state);
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { following, follow, handlers } = useFollowing(box, content, !past);
  const [seen, setSeen] = useState(0);
  const virtual = useVirtualizer({ count: list.length, getScrollElement: () => box.current, estimateSize: () => 44, overscan: 12, getItemKey: (i) => list[i]?.key ?? i });
  virtual.shouldAdjustScrollPositionOnItemSizeChange = (item) => !following && item.start < (virtual.scrollOffset ?? 0); // who follows is kept at the end, not in place
  useEffect(() => {
    if (following) setSeen(list.length);
  }, [list.length, following]);
  useEffect(() => {
    const at = marked ? list.findIndex((row) => row.key === marked) : -1;
    if (at >= 0) virtual.scrollToIndex(at, { align: "center" });
  }, [marked]);
  const fresh = list.length - seen;
  return (
    <div className={state.info?.mono ? "logbox one-channel" : "logbox"}>
      {state.info?.mono && (
        <p className="note" data-testid="one-channel">
          {ONE_CHANNEL}
        </p>
      )}
      <div ref={box} className="log" role="log" aria-label="Words" aria-live="off" tabIndex={0} {...handlers}>
        <div ref={content} style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = list[item.index];
            return row ? (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} style={{ position: "absolute", top: item.start, left: 0, right: 0 }}>
                <Line row={row} info={state.info} past={past ?? false} marked={row.key === marked} understood={state.understood[row.key]} />
              </div>
            ) : null;
          })}
        </div>
        {list.length === 0 && state.loaded && <p className="empty">No words yet.</p>}
      </div>
      {!past && !following && (
        <button className="latest" onClick={follow}>
          Latest{fresh > 0 ? ` (${fresh} new)` : ""}
        </button>
      )}
    </div>
  );
}

// With a question mark where the guess is a weak one.
function Who({ utterance, info, past }: { utterance: Utterance; info: CallInfo | undefined; past?: boolean }): React.JSX.Element {
  const weak = isWeakGuess(utterance);
  return (
    <span className={weak ? "who guess" : "who"} title={weak ? "A guess: both parties are in one channel" : undefined}>
      {speakerOf(info, utterance, past ?? false)}
      {weak && "?"}
    </span>
  );
}

// What was understood of a line: what is wanted.
function Meaning({ understood }: { understood: Understood }): React.JSX.Element {
  const name = (intent: Understood["intents"][number]): string => intent.name.replaceAll("_", " ");
  return (
    <span className="meaning">
      {understood.intents.map((intent) => (
        <span key={intent.name} className="chip" title={`${name(intent)}: ${Math.round(intent.probability * 100)} % likely`}>
          {name(intent)}
        </span>
      ))}
    </span>
  );
}

// The words: what they name is underlined, its normalised value is the title; what was heard uncertainly is paler.
function Words({ utterance }: { utterance: Utterance }): React.JSX.Element {
  return (
    <>
      {pieces(utterance).map(({ text, entity, unsure }, i) =>
        entity || unsure ? (
          <span key={i} className={[entity && "entity", unsure && "unsure"].filter(Boolean).join(" ")} title={[entity?.kind, entity?.value, unsure && "heard uncertainly"].filter(Boolean).join(": ")}>
            {text}
          </span>
        ) : (
          text
        ),
      )}
    </>
  );
}

function Line({ row, info, past, marked, understood }: { row: Row; info: CallInfo | undefined; past: boolean; marked: boolean; understood: Understood | undefined }): React.JSX.Element {
  if (row.kind === "gap") {
    return (
      <p className="line gap">
        <span className="mono at">{clock(row.at)}</span>
        <span className="hatched">
          — not heard {((row.gap.end_ms - row.gap.start_ms) / 1000).toFixed(1)} s, {nameOf(info, row.gap.track, past).toLowerCase()}: {REASONS[row.gap.reason] ?? row.gap.reason} —
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
  if (row.kind === "transfer") {
    const { agent, team } = row.transfer;
    return (
      <p className="line paused" data-testid="transfer">
        <span className="mono at">{clock(row.at)}</span>
        <span>
          ⇄ handed over to {agent}
          {team && `, ${team}`}
        </span>
      </p>
    );
  }
  const { utterance } = row;
  return (
    <p className={`line ${saidBy(utterance)} ${marked ? "marked" : ""}`} data-testid="final">
      <span className="mono at">{clock(utterance.start_ms)}</span>
      <Who utterance={utterance} info={info} past={past} />
      <span className="text">
        {row.overlaps && <span title="at the same time">[ </span>}
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
      {(["customer", "agent"] as const).map((side) => {
        const partial = growing(state, side);
        return (
          <div key={side} className="liverow">
            {partial ? <Who utterance={partial} info={state.info} /> : <span className="who">{nameOf(state.info, side, false)}</span>}
            <span className="tail">
              <span className={partial?.eager ? "whole" : undefined}>{partial ? `${partial.text}${partial.eager ? "" : " …"}` : ""}</span>
            </span>
          </div>
        );
      })}
      {!receiving && !state.ended && state.loaded && <span className="stale">Not receiving</span>}
    </div>
  );
}
