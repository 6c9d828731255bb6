// A live call: the agent's panel (360 px), beside the log where there is room.
import { useEffect, useRef, useState } from "react";
import { api } from "../connection/api";
import { earlier, receiving } from "../session/select";
import { spoken } from "../session/asking";
import { useAsking } from "../session/use-asking";
import { useCall, type LiveCall } from "../session/use-call";
import { view, type Failed, type Plate } from "../session/view";
import { Announcer } from "./Announcer";
import { AnswerPane, AskBox } from "./AskBox";
import { Checklist, type ByHand } from "./Checklist";
import { ErrorBoundary } from "./ErrorBoundary";
import { useKeys, useLetters } from "./keys";
import { More } from "./More";
import { useTitle } from "./route";
import { Sound } from "./Sound";
import { Stage } from "./Stage";
import { StatusLine } from "./StatusLine";
import { LiveLine, Log } from "./Transcript";
import { Why } from "./Why";

type Pane = "none" | "why" | "earlier" | "checklist" | "more" | "asked";

// A pause that failed is said until it succeeds, or until the link has been good for this long: then the status says
// what holds.
const FAILED_STANDS_MS = 10_000;

export function Live({ id, title, ended }: { id: string; title: string; ended: () => void }): React.JSX.Element {
  const live = useCall(id);
  const { state } = live;
  const [pane, setPane] = useState<Pane>("none");
  const { asking, ask } = useAsking(id);
  const pausing = usePausing(id, live);
  const hand = useByHand(id);
  const shown = view(state, live.now, pausing.failed);
  const name = state.info?.metadata.title ?? title;
  useTitle(`${state.ended ? "Ended" : "Live"}, ${name}`);
  // Over before it was seen: the past call is what there is.
  useEffect(() => {
    if (live.over && !state.loaded) ended();
  }, [live.over, state.loaded]);
  const flip = (to: Pane) => (): void => setPane(pane === to ? "none" : to);
  const [letters, setLetters] = useLetters();
  const card = live.slot.cue;
  useEffect(() => {
    if (pane === "why" && !card) setPane("none");
  }, [pane, card]);
  const escape = (): void => (pane !== "none" ? setPane("none") : card && live.dismiss(card));
  const armed = useKeys({ letters: letterDeeds(live, flip), escape, pause: pausing.toggle }, letters);
  const act = (what: NonNullable<Plate["act"]>): void => (what === "past" ? ended() : pausing.toggle());
  const said = (item: string | undefined): void => {
    hand.ask(item);
    setPane("checklist");
  };
  return (
    <main className="workspace" aria-label={`Live call, ${name}`}>
      <h1 className="unseen">Live call, {name}</h1>
      <StatusLine status={shown.status} mediaMs={state.loaded ? state.mediaMs : undefined} action={pausing.action} moreOpen={pane === "more"} more={flip("more")} />
      <ErrorBoundary of="The guidance">
        <Stage live={live} view={shown} armed={armed} whyOpen={pane === "why"} why={flip("why")} said={(cue) => said(cue.item)} act={act} />
      </ErrorBoundary>
      <nav className="switches" aria-label="Panes">
        {state.info?.demo && state.info.metadata.demo !== undefined && (
          <Sound demo={state.info.metadata.demo} mediaMs={live.mediaNow} running={receiving(state, live.now) && state.beatAt > 0} quiet={state.pausedSince !== undefined} />
        )}
        {state.checklist.length > 0 && (
          <button aria-expanded={pane === "checklist"} onClick={flip("checklist")}>
            Checklist {state.checklist.filter((item) => item.ticked).length}/{state.checklist.length}
          </button>
        )}
        {state.loaded && (
          <button aria-expanded={pane === "earlier"} onClick={flip("earlier")}>
            Cues {earlier(state).length}
          </button>
        )}
      </nav>
      <div className={pane === "none" ? "rest" : "rest covered"}>
        <section className="words" aria-label="Transcript" >
          <ErrorBoundary of="The transcript">
            <Log state={state} />
          </ErrorBoundary>
          <LiveLine state={state} receiving={receiving(state, live.now)} />
        </section>
        {pane === "none" && state.checklist.length > 0 && (
          <div className="beside">
            <ErrorBoundary of="The checklist">
              <Checklist items={state.checklist} utterances={state.utterances} byHand={hand} />
            </ErrorBoundary>
          </div>
        )}
        {pane !== "none" && (
          <div className="below" data-testid="pane">
            <ErrorBoundary key={pane} of="This pane">
              {pane === "why" && card && <Why cue={card} />}
              {pane === "checklist" && <Checklist items={state.checklist} utterances={state.utterances} byHand={hand} />}
              {pane === "more" && <More state={state} status={shown.status} letters={letters} setLetters={setLetters} stop={state.info?.demo && !state.ended ? () => void api.stop(id).catch(() => undefined) : undefined} />}
              {pane === "asked" && <AnswerPane asking={asking} />}
              {pane === "earlier" && <Earlier live={live} />}
            </ErrorBoundary>
          </div>
        )}
      </div>
      <AskBox
        asking={asking}
        ask={(question) => {
          ask(question);
          setPane("asked");
        }}
      />
      <Announcer headline={live.slot.kept ? undefined : card?.headline} status={shown.status[0]?.word ?? ""} overdue={live.overdue[0]?.headline} answer={spoken(asking)} />
    </main>
  );
}

function Earlier({ live }: { live: LiveCall }): React.JSX.Element {
  const past = earlier(live.state);
  return past.length === 0 ? <p className="empty">No cues yet.</p> : <>{past.map((cue) => <Why key={cue.id} cue={cue} folded />)}</>;
}

function letterDeeds(live: LiveCall, flip: (to: Pane) => () => void): Record<string, () => void> {
  const card = live.slot.cue;
  return {
    w: () => card && flip("why")(),
    c: () => card && void navigator.clipboard?.writeText(`${card.headline}\n${card.body}`),
    "1": () => live.slot.chip && live.take(live.slot.chip),
    k: flip("checklist"),
    t: () => document.dispatchEvent(new Event("sotto:latest")),
    a: () => document.getElementById("ask")?.focus(),
    "?": flip("more"),
  };
}

// Pausing and going on, and what failed of it.
function usePausing(id: string, live: LiveCall): { failed: Failed | undefined; action: { words: string; act: () => void } | undefined; toggle: () => void } {
  const [failed, setFailed] = useState<Failed>();
  const { state, now, over } = live;
  const paused = state.pausedSince !== undefined;
  const goodSince = useRef(0);
  if (!receiving(state, now)) goodSince.current = 0;
  else if (goodSince.current === 0) goodSince.current = now;
  const stands = failed !== undefined && !over && (failed.wanted === "pause") !== paused && (goodSince.current === 0 || now - Math.max(goodSince.current, failed.at) < FAILED_STANDS_MS);
  useEffect(() => {
    if (failed && !stands) setFailed(undefined); // done with: it does not come back with the next pause
  }, [failed, stands]);
  const toggle = (): void => {
    if (over || !state.loaded) return;
    const wanted = paused ? "resume" : "pause";
    setFailed(undefined);
    (paused ? api.resume(id) : api.pause(id)).then(undefined, () => setFailed({ wanted, at: performance.timeOrigin + performance.now() }));
  };
  const words = stands ? (failed.wanted === "pause" ? "Pause again" : "Resume again") : paused ? "Resume" : "Pause listening";
  return { failed: stands ? failed : undefined, action: over || !state.loaded ? undefined : { words, act: toggle }, toggle };
}

function useByHand(id: string): ByHand {
  const [asking, ask] = useState<string>();
  return { asking, ask, tick: (item, ticked, reason) => api.tick(id, item, ticked, reason) };
}
