// Follows the newest words. It is a mode: only somebody who scrolls ends it, by wheel, key or drag. A resize, new words
// and a pane above them never do; reaching the end by hand takes it up again.
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type RefObject, type WheelEvent } from "react";

const AT_END_PX = 24;
const AWAY = new Set(["ArrowUp", "PageUp", "Home"]);

interface Following {
  following: boolean;
  follow: () => void;
  handlers: {
    onWheel: (event: WheelEvent) => void;
    onKeyDown: (event: KeyboardEvent) => void;
    onPointerDown: (event: PointerEvent) => void;
    onTouchMove: () => void;
    onScroll: () => void;
  };
}

export function useFollowing(box: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>, wanted: boolean): Following {
  const [following, setFollowing] = useState(wanted);
  const byHand = useRef(false); // somebody drags the scroll bar now
  const mode = useRef(following); // what the state becomes with the next rendering: a resize may come before it
  const top = useRef(0);
  const set = (value: boolean): void => {
    mode.current = value;
    setFollowing(value);
  };
  useEffect(() => {
    const element = box.current;
    const inner = content.current;
    if (!element || !inner) return;
    const toEnd = (): void => {
      if (mode.current) element.scrollTop = element.scrollHeight;
    };
    const watcher = new ResizeObserver(toEnd);
    watcher.observe(element);
    watcher.observe(inner);
    const latest = (): void => set(wanted);
    document.addEventListener("sotto:latest", latest);
    const released = (): void => void (byHand.current = false);
    addEventListener("pointerup", released);
    return () => {
      watcher.disconnect();
      document.removeEventListener("sotto:latest", latest);
      removeEventListener("pointerup", released);
    };
  }, []);
  useEffect(() => {
    const element = box.current;
    if (following && element) element.scrollTop = element.scrollHeight;
  }, [following]);
  const canMove = (): boolean => box.current !== null && box.current.scrollHeight > box.current.clientHeight + 1;
  const end = (): void => {
    if (canMove()) set(false);
  };
  return {
    following,
    follow: () => set(true),
    handlers: {
      onWheel: (event) => (event.deltaY < 0 ? end() : undefined),
      onKeyDown: (event) => (AWAY.has(event.key) ? end() : event.key === "End" ? set(wanted) : undefined),
      // On the scroll bar, which lies beside the content.
      onPointerDown: (event) => void (byHand.current = event.target === box.current && event.nativeEvent.offsetX > box.current.clientWidth),
      onTouchMove: end,
      onScroll: () => {
        const element = box.current;
        if (!element) return;
        const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
        const down = element.scrollTop > top.current; // the first step of a way up is still at the end
        top.current = element.scrollTop;
        if (atEnd && down && !mode.current) set(wanted);
        else if (!atEnd && byHand.current) set(false);
      },
    },
  };
}
