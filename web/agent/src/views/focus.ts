// Focus is never left on the body: what had it and went away hands it to the home of its screen, [data-home]. Focus that
// is handed over was not given on purpose: letters do not act after it (keys.ts).

let last: Element | null = null;
let handing = false;

export const isHandedOver = (): boolean => handing;

export function focusHome(): void {
  const home = document.querySelector<HTMLElement>("[data-home]");
  if (!home) return;
  handing = true;
  home.focus({ preventScroll: true });
  handing = false;
}

function look(): void {
  if (last !== null && !last.isConnected && document.activeElement === document.body) focusHome();
}

export function keepFocus(): () => void {
  const taken = (event: FocusEvent): void => void (last = event.target as Element);
  // Whoever clicks on an empty place wants the focus nowhere.
  const left = (event: FocusEvent): void => {
    if (event.relatedTarget === null && event.target instanceof Element && event.target.isConnected) queueMicrotask(() => last?.isConnected && document.activeElement === document.body && (last = null));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "inert", "hidden"] });
  document.addEventListener("focusin", taken);
  document.addEventListener("focusout", left);
  return () => {
    watcher.disconnect();
    document.removeEventListener("focusin", taken);
    document.removeEventListener("focusout", left);
  };
}
