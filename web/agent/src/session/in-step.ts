// Keeps a sound in step with the call's clock. Pure; times in ms.

// Below this nobody hears it; up to the second it is made up a little faster or slower, beyond by a jump.
const NOT_HEARD_MS = 80;
const JUMP_MS = 1000;
const FASTER = 1.06;
const SLOWER = 0.94;

export interface Correction {
  seekTo?: number;
  rate: number;
}

export function correction(playedMs: number, callMs: number): Correction {
  const behind = callMs - playedMs;
  if (Math.abs(behind) > JUMP_MS) return { seekTo: Math.max(0, callMs), rate: 1 };
  if (Math.abs(behind) < NOT_HEARD_MS) return { rate: 1 };
  return { rate: behind > 0 ? FASTER : SLOWER };
}
