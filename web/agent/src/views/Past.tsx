// A past call: time line, transcript, cues and where the time went. One selected time for all, kept in the address.
import { useEffect, useMemo, useState } from "react";
import { TRACKS, type CallSnapshot, type Cue } from "../connection/wire";
import { clock, coverageText, nameOf, saidBy, utteranceId } from "../session/select";
import { fromPast } from "../session/state";
import { Checklist } from "./Checklist";
import { CoverageBar } from "./CoverageBar";
import { ErrorBoundary } from "./ErrorBoundary";
import { useTitle } from "./route";
import { Back } from "./StatusLine";
import { Log } from "./Transcript";
import { Why } from "./Why";

const ENDS: Record<string, string> = { hangup: "hung up", lost: "source lost", silent: "no audio for 10 minutes", stopped: "stopped" };

export function Past({ call }: { call: CallSnapshot }): React.JSX.Element {
  const state = useMemo(() => fromPast(call), [call]);
  const duration = call.duration_ms ?? 0;
  const [at, setAt] = useState(() => Number(new URLSearchParams(location.search).get("t") ?? -1));
  useEffect(() => {
    if (at >= 0) history.replaceState(null, "", `?t=${Math.round(at)}`);
  }, [at]);
  const nearest = at < 0 ? undefined : state.utterances.findLast((utterance) => utterance.start_ms <= at);
  const cues = [...state.cues].sort((a, b) => a.because.end_ms - b.because.end_ms);
  const { late } = call;
  const title = call.info.metadata.title ?? call.info.call;
  const started = new Date(call.info.started).toLocaleString();
  useTitle(`Past call, ${title}, ${started}`);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const step = event.shiftKey ? 0 : 5000;
      if ((event.key !== "ArrowLeft" && event.key !== "ArrowRight") || event.ctrlKey || event.altKey || event.metaKey) return;
      const forward = event.key === "ArrowRight";
      if (step) return setAt((t) => Math.max(0, Math.min(duration, Math.max(0, t) + (forward ? step : -step))));
      const next = forward ? state.utterances.find((u) => u.start_ms > at) : state.utterances.findLast((u) => u.start_ms < (nearest?.start_ms ?? 0));
      if (next) setAt(next.start_ms);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [at, nearest]);
  return (
    <main className="past">
      <header className="row">
        <Back />
        <h1 tabIndex={-1} data-home>
          {title}
        </h1>
        <span className="quiet mono">{started}</span>
        <span className="mono">{clock(duration)}</span>
        <span className="grow" />
        <span data-testid="coverage" className="mono">{coverageText(call.coverage ?? {})}</span>
        <span className="quiet">{ENDS[call.end_reason ?? ""] ?? call.end_reason}</span>
      </header>
      <ErrorBoundary of="The time line">
        <TimeLine call={call} at={at} duration={duration} select={setAt} />
      </ErrorBoundary>
      <div className="columns">
        <section aria-label="Transcript" className="words">
          <ErrorBoundary of="The transcript">
            <Log state={state} past marked={nearest && utteranceId(nearest)} />
          </ErrorBoundary>
        </section>
        <section aria-label="Cues" className="cues" tabIndex={0}>
          <h2>
            {cues.length} {cues.length === 1 ? "cue" : "cues"}
            {late > 0 ? `, ${late} late` : ""}
          </h2>
          {cues.length === 0 && <p className="empty">No cue was shown.</p>}
          {cues.map((cue) => (
            <div key={cue.id} onFocus={() => setAt(cue.because.start_ms)}>
              <Why cue={cue} folded />
            </div>
          ))}
          {call.tags.length > 0 && (
            <p>
              {call.tags.map((tag) => (
                <span key={tag.tag} className="chip" title={`“${tag.because.text}”`}>
                  {tag.tag}
                </span>
              ))}
            </p>
          )}
          {call.alerts.length > 0 && <h2>For the supervisor</h2>}
          {call.alerts.map((alert) => (
            <p key={alert.id} className={alert.severity === "urgent" ? "note bad" : "note warn"}>
              <span className="mono">{clock(alert.because.end_ms)}</span> {alert.message}
            </p>
          ))}
          <h2>Checklist</h2>
          <Checklist items={call.checklist} utterances={call.utterances} />
          <Latency cues={cues} />
        </section>
      </div>
    </main>
  );
}

function TimeLine({ call, at, duration, select }: { call: CallSnapshot; at: number; duration: number; select: (ms: number) => void }): React.JSX.Element {
  const percent = (ms: number): string => `${duration > 0 ? (ms / duration) * 100 : 0}%`;
  const step = duration > 600_000 ? 60_000 : duration > 120_000 ? 30_000 : 10_000;
  // No label where the ruler ends: there is no room for its words.
  const ticks = Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step).filter((ms) => ms === 0 || ms < duration * 0.95);
  return (
    <div
      className="timeline"
      role="slider"
      tabIndex={0}
      aria-label="Time in the call"
      aria-valuemin={0}
      aria-valuemax={duration}
      aria-valuenow={Math.max(0, at)}
      aria-valuetext={clock(Math.max(0, at))}
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        select(Math.max(0, Math.min(duration, ((event.clientX - box.left) / box.width) * duration)));
      }}
    >
      <div className="ruler mono">
        {ticks.map((ms) => (
          <span key={ms} style={{ left: percent(ms) }}>
            {clock(ms)}
          </span>
        ))}
      </div>
      {(["customer", "agent"] as const).map((track) => (
        <div key={track} className={`speech ${track}`}>
          {call.utterances
            .filter((utterance) => saidBy(utterance) === track)
            .map((utterance) => (
              <span key={utteranceId(utterance)} style={{ left: percent(utterance.start_ms), width: percent(utterance.end_ms - utterance.start_ms) }} />
            ))}
        </div>
      ))}
      {TRACKS.map((track) => {
        const coverage = call.coverage?.[track];
        return coverage ? <CoverageBar key={track} who={nameOf(call.info, track, true)} coverage={coverage} durationMs={duration} /> : null;
      })}
      <div className="marks">
        {call.cues.map((cue) => (
            <span key={cue.id} title={cue.headline} style={{ left: percent(cue.because.end_ms) }}>
              ▾
            </span>
          ))}
      </div>
      {at >= 0 && <div className="playhead" style={{ left: percent(at) }} />}
    </div>
  );
}

// Percentiles only where there are enough figures to have them.
function Latency({ cues }: { cues: Cue[] }): React.JSX.Element {
  const totals = cues.map((cue) => cue.displayed?.stages_ms["total"]).filter((ms): ms is number => typeof ms === "number");
  if (totals.length === 0) return <p className="quiet">No page had this call open: no time to the screen was measured.</p>;
  const sorted = [...totals].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (
    <p className="quiet">
      Words to screen: median {median.toFixed(0)} ms, longest {(sorted.at(-1) ?? 0).toFixed(0)} ms, n {totals.length}.
    </p>
  );
}
