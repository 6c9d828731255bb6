// The ask-box as a reducer: what was asked, and how it stands. An answer to an older question is not taken.
import type { Asked, Near } from "../connection/wire";

export type Asking =
  | { state: "idle" }
  | { state: "searching"; question: string; turn: number }
  | { state: "answer" | "articles" | "none"; question: string; turn: number; asked: Asked }
  | { state: "error"; question: string; turn: number; message: string };

export type Step = { type: "ask"; question: string; turn: number } | { type: "answered"; turn: number; asked: Asked } | { type: "failed"; turn: number; message: string };

export const IDLE: Asking = { state: "idle" };

export function step(now: Asking, taken: Step): Asking {
  if (taken.type === "ask") return { state: "searching", question: taken.question, turn: taken.turn };
  if (now.state !== "searching" || taken.turn !== now.turn) return now;
  const { question, turn } = now;
  if (taken.type === "failed") return { state: "error", question, turn, message: taken.message };
  return { state: taken.asked.answer ? "answer" : taken.asked.few_words && nearEnough(taken.asked).length > 0 ? "articles" : "none", question, turn, asked: taken.asked };
}

// An article this far from the words is about something else: naming it would only cost time.
const NEAR_ENOUGH = 0.3;
export const nearEnough = (asked: Asked): Near[] => asked.nearest.filter((near) => near.score >= NEAR_ENOUGH);

// What a screen reader says; nothing before there is a result.
export function spoken(asking: Asking): string | undefined {
  switch (asking.state) {
    case "answer":
      return `Answer: ${asking.asked.answer?.source.sentence || asking.asked.answer?.headline || ""}`;
    case "articles":
      return `${nearEnough(asking.asked).length} articles about it`;
    case "none":
      return "No reliable answer found";
    case "error":
      return "Question not answered";
    default:
      return undefined;
  }
}
