// The address of the page.
import { useEffect, useState } from "react";

export function go(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

export function useRoute(): string {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const follow = (): void => setPath(location.pathname);
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  return path;
}

// Ids hold what their source likes (@ / : & and blanks): each is one part of an address, encoded.
export const callPath = (id: string): string => `/calls/${encodeURIComponent(id)}`;

export type CallAddress = { kind: "call"; id: string } | { kind: "malformed" } | { kind: "other" };

export function callOf(path: string): CallAddress {
  const part = /^\/calls\/([^/]+)$/.exec(path)?.[1];
  if (part === undefined) return { kind: "other" };
  try {
    return { kind: "call", id: decodeURIComponent(part) };
  } catch {
    return { kind: "malformed" };
  }
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Sotto`;
  }, [title]);
}
