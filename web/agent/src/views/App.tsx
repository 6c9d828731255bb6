// Addresses to screens: / and /calls/ID. Every other address is told that it is none.
import { useEffect, useRef, useState } from "react";
import { api, Refused } from "../connection/api";
import type { CallSnapshot } from "../connection/wire";
import { ErrorBoundary } from "./ErrorBoundary";
import { focusHome, keepFocus } from "./focus";
import { Live } from "./Live";
import { Message } from "./Message";
import { Past } from "./Past";
import { callOf, useRoute } from "./route";
import { SignIn } from "./SignIn";
import { Start } from "./Start";

export function App(): React.JSX.Element {
  const path = useRoute();
  const first = useRef(true);
  useEffect(keepFocus, []);
  useEffect(() => {
    if (!first.current) focusHome();
    first.current = false;
  }, [path]);
  return (
    <ErrorBoundary key={path} of="This page">
      <Screen path={path} />
    </ErrorBoundary>
  );
}

function Screen({ path }: { path: string }): React.JSX.Element {
  if (path === "/") return <Start />;
  const call = callOf(path);
  if (call.kind === "call") return <Call key={call.id} id={call.id} />;
  if (call.kind === "malformed") return <Message title="This address is broken" words={`The part after /calls/ is no call's id: “${path.slice("/calls/".length)}”. Take the address from the list of calls.`} />;
  return <Message title="There is no such page" words={`Nothing is at “${path}”.`} />;
}

const TRY_AGAIN_MS = 2000;
const BEGINS_MS = 300;

// A call that was just asked for may not have begun: its source is still connecting.
function Call({ id }: { id: string }): React.JSX.Element {
  const [call, setCall] = useState<CallSnapshot>();
  const [problem, setProblem] = useState<Error>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const load = (tries: number): void => {
      const again = (more: number, wait: number): void => void (timer = setTimeout(() => load(more), wait));
      api.call(id).then(
        (found) => {
          if (left) return;
          setCall(found);
          setProblem(undefined);
        },
        (error: Error) => {
          if (left) return;
          const refused = error instanceof Refused;
          if (refused && error.status === 404 && tries > 0) return again(tries - 1, BEGINS_MS);
          setProblem(error);
          if (!refused || error.status >= 500) again(tries, TRY_AGAIN_MS);
        },
      );
    };
    load(10);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [id, turn]);
  if (problem instanceof Refused && problem.status === 401) return <SignIn done={() => (setProblem(undefined), setTurn(turn + 1))} />;
  if (problem instanceof Refused && problem.status === 404) return <Message title="There is no such call" words={`No call here has the id “${id}”. It may have been erased by a rule, or the address is not right.`} />;
  if (problem instanceof Refused && problem.status < 500) return <Message title="This call cannot be shown" words={problem.message} />;
  if (problem) return <Message title="The server does not answer" words="Nothing is known of the call yet. It is tried again every 2 seconds." busy />;
  if (!call) return <Message title="Loading the call" words="" busy />;
  if (call.status === "ended") return <Past call={call} />;
  return <Live id={id} title={call.info.metadata.title ?? call.info.call} ended={() => setTurn(turn + 1)} />;
}
