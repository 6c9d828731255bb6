// Keys of a live call. A letter acts only while the guidance has the focus, and only if somebody put it there: by F6,
// Tab or a click, not because a card under it went away. Escape and the chords act everywhere.
import { useEffect, useRef, useState } from "react";
import { focusHome, isHandedOver } from "./focus";

const LETTERS = "sotto.letters";

export function useLetters(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => localStorage.getItem(LETTERS) !== "off");
  const set = (to: boolean): void => {
    localStorage.setItem(LETTERS, to ? "on" : "off");
    setOn(to);
  };
  return [on, set];
}

export interface Deeds {
  letters: Record<string, () => void>;
  escape: () => void;
  pause: () => void;
}

const isStage = (target: EventTarget | null): boolean => target instanceof Element && target.closest("[data-home]") !== null;

// Whether letters act now.
export function useKeys(deeds: Deeds, lettersOn: boolean): boolean {
  const [armed, setArmed] = useState(false);
  const now = useRef({ deeds, armed: false });
  now.current = { deeds, armed: armed && lettersOn };
  useEffect(() => {
    const taken = (event: FocusEvent): void => setArmed(isStage(event.target) && !isHandedOver());
    const left = (event: FocusEvent): void => {
      if (!isStage(event.relatedTarget)) setArmed(false);
    };
    const onKey = (event: KeyboardEvent): void => {
      const { deeds, armed } = now.current;
      if (event.isComposing || event.defaultPrevented) return;
      if (event.ctrlKey && event.shiftKey && event.code === "Digit0") return event.preventDefault(), deeds.pause();
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "Escape") return deeds.escape();
      if (event.key === "F6") return event.preventDefault(), onPurpose();
      const letter = Object.hasOwn(deeds.letters, event.key) ? deeds.letters[event.key] : undefined;
      if (!letter || !armed || !isStage(event.target)) return;
      event.preventDefault();
      letter();
    };
    const onPurpose = (): void => {
      focusHome();
      setArmed(true);
    };
    addEventListener("focusin", taken);
    addEventListener("focusout", left);
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("focusin", taken);
      removeEventListener("focusout", left);
      removeEventListener("keydown", onKey);
    };
  }, []);
  return armed && lettersOn;
}
