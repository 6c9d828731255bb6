// Addresses to screens: / and /calls/ID.
import { useEffect, useState } from "react";
import { api, Refused } from "../connection/api";
import type { CallSnapshot } from "../connection/wire";
import { Live } from "./Live";
import { Past } from "./Past";
import { SignIn } from "./SignIn";
import { Start } from "./Start";

export function go(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

export function App(): React.JSX.Element {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const follow = (): void => setPath(location.pathname);
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  const call = /^\/calls\/([^/]+)$/.exec(path)?.[1];
  return call ? <Call key={call} id={decodeURIComponent(call)} /> : <Start />;
}

function Call({ id }: { id: string }): React.JSX.Element {
  const [call, setCall] = useState<CallSnapshot>();
  const [problem, setProblem] = useState<Error>();
  // A call that was just asked for may not have begun: its source is still connecting.
  const load = (tries = 10): void => {
    api.call(id).then(setCall, (error: Error) => {
      const begins = error instanceof Refused && error.status === 404 && tries > 0;
      if (begins) setTimeout(() => load(tries - 1), 300);
      else setProblem(error);
    });
  };
  useEffect(() => load(), [id]);
  if (problem instanceof Refused && problem.status === 401) return <SignIn done={() => location.reload()} />;
  if (problem) return <Failed what={problem.message} />;
  if (!call) return <p className="quiet page">Loading the call</p>;
  if (call.status === "ended") return <Past call={call} />;
  return <Live id={id} ended={() => load()} />;
}

function Failed({ what }: { what: string }): React.JSX.Element {
  return (
    <main className="page">
      <h1>This call cannot be shown</h1>
      <p>{what}</p>
      <p>
        <a href="/">Back to the calls</a>
      </p>
    </main>
  );
}
