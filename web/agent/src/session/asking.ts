// The ask-box as a reducer: what was asked, and how it stands. An answer to an older question is not taken.
import type { Asked } from "../connection/wire";

export type Asking =
  | { state: "idle" }
  | { state: "searching"; question: string; turn: number }
  | { state: "answer" | "none"; question: string; turn: number; asked: Asked }
  | { state: "error"; question: string; turn: number; message: string };

export type Step = { type: "ask"; question: string; turn: number } | { type: "answered"; turn: number; asked: Asked } | { type: "failed"; turn: number; message: string };

export const IDLE: Asking = { state: "idle" };

export function step(now: Asking, taken: Step): Asking {
  if (taken.type === "ask") return { state: "searching", question: taken.question, turn: taken.turn };
  if (now.state !== "searching" || now.turn !== taken.turn) return now;
  const { question, turn } = now;
  if (taken.type === "failed") return { state: "error", question, turn, message: taken.message };
  return { state: taken.asked.answer ? "answer" : "none", question, turn, asked: taken.asked };
}

// What a screen reader hears when it is done.
export function spoken(asking: Asking): string | undefined {
  if (asking.state === "answer") return `Answer: ${asking.asked.answer?.headline ?? ""}`;
  if (asking.state === "none") return "No reliable answer found";
  return asking.state === "error" ? "Question not answered" : undefined;
}
