import { setToken } from "../connection/api";

export function SignIn({ done }: { done: () => void }): React.JSX.Element {
  return (
    <main className="page">
      <h1>Sign in</h1>
      <p>This server asks for its token. It is kept until this tab is closed.</p>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          setToken(String(new FormData(event.currentTarget).get("token") ?? ""));
          done();
        }}
      >
        <label>
          Token <input name="token" type="password" autoComplete="off" required />
        </label>
        <button className="filled">Sign in</button>
      </form>
    </main>
  );
}
