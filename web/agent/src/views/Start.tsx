// Start page: what is live, what was, and a demo call to hear first.
import { useEffect, useRef, useState } from "react";
import { api, Refused } from "../connection/api";
import type { CallSummary, Demo } from "../connection/wire";
import { clock, heardText } from "../session/select";
import { callPath, go, useTitle } from "./route";
import { SignIn } from "./SignIn";

const POLL_MS = 2000;

export function Start(): React.JSX.Element {
  const [calls, setCalls] = useState<CallSummary[]>();
  const [demos, setDemos] = useState<Demo[]>();
  const [problem, setProblem] = useState<Error>();
  const [search, setSearch] = useState("");
  const [turn, setTurn] = useState(0);
  const chooser = useRef<HTMLDialogElement>(null);
  const signedOut = problem instanceof Refused && problem.status === 401;
  useEffect(() => {
    if (signedOut) return;
    const load = (): void => {
      api.calls().then((list) => (setCalls(list), setProblem(undefined)), setProblem);
      if (demos === undefined) api.demos().then(setDemos, () => undefined);
    };
    load();
    const timer = setInterval(load, POLL_MS);
    return () => clearInterval(timer);
  }, [signedOut, turn, demos === undefined]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const inList = event.target === document.body || (event.target instanceof Element && event.target.closest("main") !== null && !(event.target instanceof HTMLInputElement));
      if (!inList || chooser.current?.open || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
      event.preventDefault();
      moveFocus(event.key === "ArrowDown" ? 1 : -1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  if (signedOut) return <SignIn done={() => (setProblem(undefined), setTurn(turn + 1))} />;
  return (
    <main className="page">
      <Title />
      <header className="row spread">
        <h1 tabIndex={-1} data-home>
          Calls
        </h1>
        <button className="filled" disabled={!demos || demos.length === 0} onClick={() => chooser.current?.showModal()}>
          Play a demo call
        </button>
      </header>
      {problem && <p role="status" className="note warn">{calls ? "The server does not answer. The list is from before." : "The server does not answer. No list yet: it is tried again every 2 seconds."}</p>}
      {demos?.length === 0 && <p className="quiet">No demo calls are rendered here: run “make demo”.</p>}
      {calls && <Lists calls={calls} search={search} setSearch={setSearch} />}
      {!calls && !problem && <p className="empty">Loading the calls</p>}
      <DemoChooser demos={demos ?? []} dialog={chooser} />
    </main>
  );
}

function Title(): null {
  useTitle("Calls");
  return null;
}

function Lists({ calls, search, setSearch }: { calls: CallSummary[]; search: string; setSearch: (words: string) => void }): React.JSX.Element {
  const wanted = search.trim().toLowerCase();
  const match = (call: CallSummary): boolean => !wanted || `${title(call)} ${call.call} ${call.agent} ${call.tenant}`.toLowerCase().includes(wanted);
  const live = calls.filter((call) => call.live);
  const past = calls.filter((call) => !call.live);
  const found = past.filter(match);
  if (calls.length === 0) return <p className="empty">No calls yet. Hear one first.</p>;
  return (
    <>
      {live.length > 0 && <h2>Live now ({live.length})</h2>}
      <CallRows calls={live} />
      {past.length > 0 && (
        <div className="row spread">
          <h2>Earlier</h2>
          <label className="quiet">
            Search <input value={search} onChange={(event) => setSearch(event.target.value)} />
          </label>
        </div>
      )}
      <CallRows calls={found} />
      {past.length > 0 && found.length === 0 && (
        <p className="empty">
          No calls match. <button onClick={() => setSearch("")}>Clear search</button>
        </p>
      )}
    </>
  );
}

function moveFocus(by: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("a.call")];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

const title = (call: CallSummary): string => call.metadata.title ?? call.call;

function CallRows({ calls }: { calls: CallSummary[] }): React.JSX.Element | null {
  if (calls.length === 0) return null;
  return (
    <ul className="calls">
      {calls.map((call) => (
        <li key={call.call}>
          <a className="call" href={callPath(call.call)} onClick={(event) => (event.preventDefault(), go(callPath(call.call)))}>
            <span className="mono">{timeOf(call.started)}</span>
            <span className="grow">{title(call)}</span>
            <span className="mono">{clock(call.duration_ms)}</span>
            {call.live ? <span>Live</span> : call.heard < 1 && <span className="mono">{heardText(call.heard, 1)}</span>}
            <span>
              {call.cues} {call.cues === 1 ? "cue" : "cues"}
              {call.late > 0 ? `, ${call.late} late` : ""}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function timeOf(started: string): string {
  const time = new Date(started);
  return Number.isNaN(time.getTime()) ? "" : time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

// The companies of the demo calls; each has policies and articles of its own.
const TENANTS: Record<string, string> = { demo: "Northwind Connect", bank: "Harbour Bank", telecom: "Brightwave", airline: "Skylark" };

function DemoChooser({ demos, dialog }: { demos: Demo[]; dialog: React.RefObject<HTMLDialogElement | null> }): React.JSX.Element {
  const [problem, setProblem] = useState("");
  const play = (name: string): void =>
    void api.play(name).then(
      (call) => go(callPath(call)),
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
