// The agent asks the articles: a box at the foot of the panel, the cited answer in the Why area.
import { useState } from "react";
import type { Asking } from "../session/asking";
import { Passage } from "./Why";

export function AskBox({ asking, ask }: { asking: Asking; ask: (question: string) => void }): React.JSX.Element {
  const [question, setQuestion] = useState("");
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (question.trim()) ask(question.trim());
  };
  return (
    <form className="ask" role="search" onSubmit={submit}>
      <label htmlFor="ask">Ask the knowledge base</label>
      <div className="row">
        <input id="ask" className="grow" maxLength={300} autoComplete="off" value={question} onChange={(event) => setQuestion(event.target.value)} />
        <button type="submit" disabled={asking.state === "searching"}>
          Ask
        </button>
      </div>
    </form>
  );
}

export function Answer({ asking }: { asking: Asking }): React.JSX.Element | null {
  if (asking.state === "idle") return null;
  return (
    <section className="why asked" data-testid="asked" aria-label="Answer to your question">
      <p className="quiet">{asking.question}</p>
      {asking.state === "searching" && <p>Searching</p>}
      {asking.state === "error" && (
        <p>
          <b>Not answered.</b> Ask again in a moment. <span className="quiet">({asking.message})</span>
        </p>
      )}
      {asking.state === "none" && (
        <>
          <h2 className="headline">No reliable answer found</h2>
          <p>No source fits. Offer a call back.</p>
          {asking.asked.nearest.length > 0 && <p className="quiet">Nearest: {asking.asked.nearest.map((near) => `${near.file}, ${near.heading}`).join("; ")}</p>}
        </>
      )}
      {asking.state === "answer" && asking.asked.answer && (
        <>
          <h2 className="headline">{asking.asked.answer.headline}</h2>
          <p className="body">{asking.asked.answer.body}</p>
          <dl>
            <dt>
              Source {asking.asked.answer.source.file}, {asking.asked.answer.source.heading}
              <span className="quiet"> {asking.asked.answer.match === "strong" ? "Strong match" : "Likely"}</span>
            </dt>
            <dd>
              <Passage text={asking.asked.answer.source.passage} marked={asking.asked.answer.source.sentence} />
            </dd>
          </dl>
        </>
      )}
    </section>
  );
}
