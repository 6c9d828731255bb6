// Speaks for the page to screen readers: one polite message in 5 s, the newest wins; a status only when it stands; alert
// only for what is overdue.
import { useEffect, useRef } from "react";

const QUIET_MS = 5000;
const STANDS_MS = 3000;

interface Props {
  headline: string | undefined;
  answer: string | undefined;
  status: string;
  overdue: string | undefined;
}

export function Announcer({ headline, status, overdue, answer }: Props): null {
  const said = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const calm = status.replace(/[\d:]+( s)?/g, "").trim();
  const polite = (text: string): void => {
    clearTimeout(timer.current);
    const wait = Math.max(0, said.current + QUIET_MS - performance.now());
    timer.current = setTimeout(() => {
      said.current = performance.now();
      const place = document.getElementById("polite");
      if (place) place.textContent = text;
    }, wait);
  };
  useEffect(() => {
    if (headline) polite(headline);
  }, [headline]);
  useEffect(() => {
    if (answer) polite(answer);
  }, [answer]);
  useEffect(() => {
    const standing = setTimeout(() => polite(calm), STANDS_MS);
    return () => clearTimeout(standing);
  }, [calm]);
  useEffect(() => {
    const place = document.getElementById("alert");
    if (place) place.textContent = overdue ? `Before you continue: ${overdue}` : "";
  }, [overdue]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return null;
}
