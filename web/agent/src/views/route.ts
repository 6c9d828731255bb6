// The address of the page.
import { useEffect, useSyncExternalStore } from "react";

export function go(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

function subscribe(follow: () => void): () => void {
  addEventListener("popstate", follow);
  return () => removeEventListener("popstate", follow);
}

// An address that changes between the first picture and the subscription is not missed either.
export const useRoute = (): string => useSyncExternalStore(subscribe, () => location.pathname);

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
