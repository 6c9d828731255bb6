import { useRef, useState } from "react";
import { api, hasToken, Refused, setToken } from "../connection/api";
import { useTitle } from "./route";

const WRONG = "This token is not known here. Ask your administrator.";

export function SignIn({ done }: { done: () => void }): React.JSX.Element {
  useTitle("Sign in");
  const [problem, setProblem] = useState(() => (hasToken() ? WRONG : ""));
  const [checking, setChecking] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const check = (token: string): void => {
    setToken(token);
    setProblem("");
    setChecking(true);
    api
      .calls()
      .then(done, (error: Error) => {
        setProblem(error instanceof Refused && error.status === 401 ? WRONG : "The server does not answer. Sign in again in a moment.");
        field.current?.focus();
      })
      .finally(() => setChecking(false));
  };
  return (
    <main className="page">
      <h1 tabIndex={-1} data-home>
        Sign in
      </h1>
      <p>This server asks for its token. It is kept until this tab is closed.</p>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          check(String(new FormData(event.currentTarget).get("token") ?? ""));
        }}
      >
        <label>
          Token <input ref={field} name="token" type="password" autoComplete="off" required aria-invalid={problem !== ""} aria-describedby="token-problem" />
        </label>
        <button className="filled" disabled={checking}>
          {checking ? "Checking" : "Sign in"}
        </button>
      </form>
      <p id="token-problem" role="alert" className={problem ? "note bad" : ""}>
        {problem}
      </p>
    </main>
  );
}
