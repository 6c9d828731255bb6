import { describe, expect, it } from "vitest";
import type { Asked } from "../connection/wire";
import { IDLE, spoken, step } from "./asking";

const found: Asked = { answer: { headline: "Exit fee is 12 pounds", body: "It ends with the term.", match: "likely", source: { file: "leaving.md", heading: "Exit fee", passage: "The exit fee is 12 pounds. It ends.", sentence: "The exit fee is 12 pounds." } }, few_words: false, nearest: [] };
const nothing: Asked = { answer: null, few_words: false, nearest: [] };

describe("the ask-box", () => {
  it("searches, then answers with what a screen reader says", () => {
    const searching = step(IDLE, { type: "ask", question: "exit fee", turn: 1 });
    expect(searching).toMatchObject({ state: "searching", question: "exit fee" });
    expect(spoken(searching)).toBeUndefined();
    const done = step(searching, { type: "answered", turn: 1, asked: found });
    expect(done).toMatchObject({ state: "answer", question: "exit fee" });
    expect(spoken(done)).toBe("Answer: The exit fee is 12 pounds.");
  });

  it("says that there is no answer, and when asking failed", () => {
    const searching = step(IDLE, { type: "ask", question: "menu", turn: 1 });
    expect(spoken(step(searching, { type: "answered", turn: 1, asked: nothing }))).toBe("No reliable answer found");
    expect(step(searching, { type: "failed", turn: 1, message: "late" })).toMatchObject({ state: "error", message: "late" });
  });

  it("gives a subject its articles, without those that are far from it", () => {
    const near = (score: number) => ({ file: `${score}.md`, title: "", heading: "", passage: "", sentence: "", score });
    const done = step(step(IDLE, { type: "ask", question: "card", turn: 1 }), { type: "answered", turn: 1, asked: { answer: null, few_words: true, nearest: [near(0.6), near(0.1)] } });
    expect(done.state).toBe("articles");
    expect(spoken(done)).toBe("1 articles about it");
  });

  it("does not take the answer to an older question", () => {
    const second = step(step(IDLE, { type: "ask", question: "one", turn: 1 }), { type: "ask", question: "two", turn: 2 });
    expect(step(second, { type: "answered", turn: 1, asked: found })).toBe(second);
    expect(step(second, { type: "failed", turn: 1, message: "late" })).toBe(second);
  });
});
