// Start page: what is live, what was, and a demo call to hear first.
import { useEffect, useRef, useState } from "react";
import { api, Refused } from "../connection/api";
import type { CallSummary, Demo } from "../connection/wire";
import { clock, heardText } from "../session/select";
import { go } from "./App";
import { SignIn } from "./SignIn";

const POLL_MS = 2000;

export function Start(): React.JSX.Element {
  const [calls, setCalls] = useState<CallSummary[]>();
  const [demos, setDemos] = useState<Demo[]>([]);
  const [problem, setProblem] = useState<Error>();
  const [search, setSearch] = useState("");
  const chooser = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const load = (): void => void api.calls().then((list) => (setCalls(list), setProblem(undefined)), setProblem);
    load();
    api.demos().then(setDemos, () => undefined);
    const timer = setInterval(load, POLL_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === "d") chooser.current?.showModal();
      if (event.key === "/") document.getElementById("search")?.focus(), event.preventDefault();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") moveFocus(event.key === "ArrowDown" ? 1 : -1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  if (problem instanceof Refused && problem.status === 401) return <SignIn done={() => setProblem(undefined)} />;
  const wanted = search.trim().toLowerCase();
  const match = (call: CallSummary): boolean => !wanted || `${title(call)} ${call.call} ${call.agent} ${call.tenant}`.toLowerCase().includes(wanted);
  const live = (calls ?? []).filter((call) => call.live);
  const past = (calls ?? []).filter((call) => !call.live);
  const found = past.filter(match);
  return (
    <main className="page">
      <header className="row spread">
        <h1>Calls</h1>
        <button className="filled" disabled={demos.length === 0} onClick={() => chooser.current?.showModal()}>
          Play a demo call
        </button>
      </header>
      {problem && <p className="note warn">The server does not answer. The list is from before.</p>}
      {demos.length === 0 && calls && <p className="quiet">No demo calls are rendered here: run “make demo”.</p>}
      {live.length > 0 && <h2>Live now ({live.length})</h2>}
      <CallRows calls={live} />
      {past.length > 0 && (
        <div className="row spread">
          <h2>Earlier</h2>
          <label className="quiet">
            Search <input id="search" value={search} onChange={(event) => setSearch(event.target.value)} />
          </label>
        </div>
      )}
      <CallRows calls={found} />
      {calls && calls.length === 0 && <p className="empty">No calls yet. Hear one first.</p>}
      {past.length > 0 && found.length === 0 && (
        <p className="empty">
          No calls match. <button onClick={() => setSearch("")}>Clear search</button>
        </p>
      )}
      <DemoChooser demos={demos} dialog={chooser} />
    </main>
  );
}

function moveFocus(by: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("a.call")];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

const title = (call: CallSummary): string => call.metadata.title ?? call.call;

function CallRows({ calls }: { calls: CallSummary[] }): React.JSX.Element {
  return (
    <div role="list">
      {calls.map((call) => (
        <a key={call.call} role="listitem" className="call" href={`/calls/${encodeURIComponent(call.call)}`} onClick={(event) => (event.preventDefault(), go(`/calls/${encodeURIComponent(call.call)}`))}>
          <span className="mono">{new Date(call.started).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}</span>
          <span className="grow clip">{title(call)}</span>
          <span className="mono">{clock(call.duration_ms)}</span>
          <span className="mono wide">{call.live ? "Captions live" : heardText(call.heard, call.heard < 1 ? 1 : 0)}</span>
          <span className="wide">
            {call.cues} {call.cues === 1 ? "cue" : "cues"}
            {call.late > 0 ? `, ${call.late} late` : ""}
          </span>
        </a>
      ))}
    </div>
  );
}

// The companies of the demo calls; each has policies and articles of its own.
const TENANTS: Record<string, string> = { demo: "Northwind Connect", bank: "Harbour Bank", telecom: "Brightwave", airline: "Skylark" };

function DemoChooser({ demos, dialog }: { demos: Demo[]; dialog: React.RefObject<HTMLDialogElement | null> }): React.JSX.Element {
  const [problem, setProblem] = useState("");
  const play = (name: string): void =>
    void api.play(name).then(
      (call) => go(`/calls/${encodeURIComponent(call)}`),
      (error: Error) => setProblem(error.message),
    );
  return (
    <dialog ref={dialog} aria-labelledby="demo-title">
      <h2 id="demo-title">Play a demo call</h2>
      <p className="quiet">It runs through the same socket, recogniser and policies as a real one.</p>
      {[...new Set(demos.map((demo) => demo.tenant))].map((tenant) => (
        <fieldset key={tenant}>
          <legend>{TENANTS[tenant] ?? tenant}</legend>
          {demos
            .filter((demo) => demo.tenant === tenant)
            .map((demo) => (
              <button key={demo.name} className="choice" onClick={() => play(demo.name)}>
                <span className="grow">{demo.title}</span>
                <span className="mono">{clock(demo.duration_ms)}</span>
              </button>
            ))}
        </fieldset>
      ))}
      {problem && <p className="note warn">{problem}</p>}
      <form method="dialog">
        <button>Cancel</button>
      </form>
    </dialog>
  );
}
