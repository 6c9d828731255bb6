// A live call: the agent's panel (360 px), beside the log where there is room.
import { useEffect, useRef, useState } from "react";
import { api } from "../connection/api";
import { coverageText, earlier, receiving, statuses } from "../session/select";
import { spoken } from "../session/asking";
import { useAsking } from "../session/use-asking";
import { useCall, type LiveCall } from "../session/use-call";
import { Announcer } from "./Announcer";
import { Answer, AskBox } from "./AskBox";
import { Checklist } from "./Checklist";
import { CueCard } from "./CueCard";
import { go } from "./App";
import { Keys } from "./Keys";
import { MustSay } from "./MustSay";
import { StatusLine } from "./StatusLine";
import { LiveLine, Log } from "./Transcript";
import { Why } from "./Why";

export type Below = "none" | "why" | "earlier" | "checklist" | "keys" | "asked";

export function Live({ id, ended }: { id: string; ended: () => void }): React.JSX.Element {
  const live = useCall(id);
  const [below, setBelow] = useState<Below>("none");
  const [problem, setProblem] = useState("");
  const { asking, ask } = useAsking(id);
  const asked = (question: string): void => {
    ask(question);
    setBelow("asked");
  };
  const wasLoaded = useRef(false);
  wasLoaded.current ||= live.state.loaded;
  useEffect(() => {
    // The log stays as it is for a moment: the last words are read before the page becomes the past call.
    if (!live.over) return;
    const timer = setTimeout(ended, wasLoaded.current ? 4000 : 0);
    return () => clearTimeout(timer);
  }, [live.over]);
  const paused = live.state.pausedSince !== undefined;
  const toggle = (): void => {
    setProblem("");
    (paused ? api.resume(id) : api.pause(id)).then(undefined, () => setProblem(paused ? "Resume failed: try again." : "Pause failed: still hearing. Stop the digits, pause again."));
  };
  useKeys(live, below, setBelow, toggle);
  const status = statuses(live.state, live.now);
  return (
    <div className="workspace">
      <StatusLine status={status} mediaMs={live.state.mediaMs} lagMs={live.state.lagMs} paused={paused} over={live.over} toggle={toggle} stop={() => void api.stop(id).catch(() => undefined)} demo={live.state.info?.demo ?? false} />
      {problem && <p role="alert" className="note bad">{problem}</p>}
      <Panel live={live} below={below} setBelow={setBelow} answer={<Answer asking={asking} />} />
      <section className="words" aria-label="Transcript">
        <Log state={live.state} />
        <LiveLine state={live.state} receiving={receiving(live.state, live.now)} />
        <p className="coverage mono">{coverageText(live.state.coverage)}</p>
      </section>
      <AskBox asking={asking} ask={asked} />
      <Announcer headline={live.shown?.headline} status={status[0]?.word ?? ""} overdue={live.mustSay?.headline} answer={spoken(asking)} />
    </div>
  );
}

function Panel({ live, below, setBelow, answer }: { live: LiveCall; below: Below; setBelow: (to: Below) => void; answer: React.ReactNode }): React.JSX.Element {
  const { state, shown } = live;
  const ticked = state.checklist.filter((item) => item.ticked).length;
  const past = earlier(state);
  const flip = (to: Below) => () => setBelow(below === to ? "none" : to);
  return (
    <section className="panel" aria-label="Guidance">
      <MustSay cue={live.mustSay} checklist={state.checklist} />
      <div className="slot">
        {shown ? <CueCard cue={shown} why={flip("why")} dismiss={() => live.dismiss(shown)} /> : <p className="empty">{slotWords(live)}</p>}
      </div>
      <div className="queue">{live.waiting > 0 && <span className="chip">1 cue waits for a pause in your speech</span>}</div>
      <div className="switches">
        <button aria-expanded={below === "checklist"} onClick={flip("checklist")}>
          Checklist {ticked} of {state.checklist.length}
        </button>
        <button aria-expanded={below === "earlier"} onClick={flip("earlier")}>
          Earlier cues {past.length}
        </button>
      </div>
      {below !== "none" && (
        <div className="below">
          {below === "why" && shown && <Why cue={shown} />}
          {below === "checklist" && <Checklist items={state.checklist} />}
          {below === "earlier" && (past.length > 0 ? past.map((cue) => <Why key={cue.id} cue={cue} folded />) : <p className="empty">No earlier cues.</p>)}
          {below === "keys" && <Keys />}
          {below === "asked" && answer}
        </div>
      )}
      <div className="beside">
        <Checklist items={state.checklist} />
      </div>
    </section>
  );
}

function slotWords({ state, over }: LiveCall): string {
  if (over) return "The call has ended.";
  if (state.pausedSince !== undefined) return "Nothing is heard or stored.";
  if (!state.loaded || state.health.audio === "waiting") return "Waiting for audio";
  return "Listening";
}

function useKeys(live: LiveCall, below: Below, setBelow: (to: Below) => void, toggle: () => void): void {
  useEffect(() => {
    const flip = (to: Below): void => setBelow(below === to ? "none" : to);
    const acts: Record<string, () => void> = {
      Escape: () => (below !== "none" ? setBelow("none") : live.shown && live.dismiss(live.shown)),
      w: () => live.shown && flip("why"),
      c: () => void (live.shown && navigator.clipboard?.writeText(`${live.shown.headline}\n${live.shown.body}`)),
      k: () => flip("checklist"),
      a: () => document.getElementById("ask")?.focus(),
      p: toggle,
      "?": () => flip("keys"),
      End: () => document.dispatchEvent(new Event("sotto:latest")),
    };
    const onKey = (event: KeyboardEvent): void => {
      // Letters type in fields; Esc leaves one and closes what it opened.
      if (event.target instanceof HTMLInputElement && event.key === "Escape") event.target.blur();
      else if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "a") event.preventDefault();
      acts[event.key]?.();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

export function Back(): React.JSX.Element {
  return (
    <a href="/" className="back" onClick={(event) => (event.preventDefault(), go("/"))}>
      ‹<span> Calls</span>
    </a>
  );
}
