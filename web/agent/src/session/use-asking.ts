import { useReducer, useRef } from "react";
import { api } from "../connection/api";
import { IDLE, step, type Asking } from "./asking";

export function useAsking(call: string): { asking: Asking; ask: (question: string) => void } {
  const [asking, take] = useReducer(step, IDLE);
  const turns = useRef(0);
  const ask = (question: string): void => {
    const turn = ++turns.current;
    take({ type: "ask", question, turn });
    api.askKnowledge(call, question).then(
      (asked) => take({ type: "answered", turn, asked }),
      (error: unknown) => take({ type: "failed", turn, message: error instanceof Error ? error.message : String(error) }),
    );
  };
  return { asking, ask };
}
