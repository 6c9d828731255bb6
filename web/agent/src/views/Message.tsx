// A screen that is only words: what is the matter, and where to go.
import { go, useTitle } from "./route";

export function Message({ title, words, busy }: { title: string; words: string; busy?: boolean }): React.JSX.Element {
  useTitle(title);
  return (
    <main className="page" aria-busy={busy ?? false}>
      <h1 tabIndex={-1} data-home>
        {title}
      </h1>
      {words && <p role="status">{words}</p>}
      <p>
        <a href="/" onClick={(event) => (event.preventDefault(), go("/"))}>
          Back to the calls
        </a>
      </p>
    </main>
  );
}
