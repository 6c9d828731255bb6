// The agent asks the articles: a box at the foot of the panel, the cited answer above it.
import { useState } from "react";
import type { Asked, Near } from "../connection/wire";
import type { Asking } from "../session/asking";
import { nearEnough } from "../session/asking";
import { articleName } from "../session/select";
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

export function AnswerPane({ asking }: { asking: Asking }): React.JSX.Element | null {
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
      {asking.state === "answer" && <Found key={asking.question} asked={asking.asked} />}
      {asking.state === "articles" && <Articles key={asking.question} title="Articles about it" near={nearEnough(asking.asked)} />}
      {asking.state === "none" && (
        <>
          <h2 className="headline">No reliable answer found</h2>
          <p>No source fits. Offer a call back.</p>
          {nearEnough(asking.asked).length > 0 && <Articles key={asking.question} title="Nearest" near={nearEnough(asking.asked)} />}
        </>
      )}
    </section>
  );
}

// The sentence that answers; the passage it stands in once, on request.
function Found({ asked }: { asked: Asked }): React.JSX.Element | null {
  const { answer, nearest } = asked;
  if (!answer) return null;
  const { source, match } = answer;
  const title = nearest.find((near) => near.file === source.file)?.title;
  return (
    <>
      <h2 className="headline">{source.sentence || answer.headline}</h2>
      {match === "likely" && <p className="quiet">Likely: look at the source.</p>}
      {!source.sentence && <p className="body">{answer.body}</p>}
      <Article name={articleName({ ...source, ...(title ? { title } : {}) })} passage={source.passage} sentence={source.sentence} />
    </>
  );
}

function Articles({ title, near }: { title: string; near: Near[] }): React.JSX.Element {
  return (
    <>
      <h2>{title}</h2>
      {near.map((one) => (
        <Article key={`${one.file} ${one.heading}`} name={articleName(one)} passage={one.passage} sentence={one.sentence} />
      ))}
    </>
  );
}

function Article({ name, passage, sentence }: { name: string; passage: string; sentence: string }): React.JSX.Element {
  return (
    <details className="article">
      <summary>{name}</summary>
      <p className="passage">
        <Passage text={passage} marked={sentence} />
      </p>
    </details>
  );
}
