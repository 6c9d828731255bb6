// Which cue stands in the slot. A card that is hovered, focused or explained stays, also when the server closes it or
// offers another: that one waits as a chip until the agent lets go, or takes it. Pure.
import type { Cue } from "../connection/wire";

export interface Slot {
  cue: Cue | undefined; // in the slot
  kept: boolean; // it is over, and stays because it is held
  chip: Cue | undefined; // waits for the slot
}

// `before`: the id in the slot until now; `offered`: what the server shows and may be drawn; `known`: every cue.
export function slot(before: string | undefined, offered: Cue | undefined, held: boolean, known: Cue[]): Slot {
  if (!held || before === undefined || offered?.id === before) return { cue: offered, kept: false, chip: undefined };
  const cue = known.find((one) => one.id === before);
  if (!cue) return { cue: offered, kept: false, chip: undefined };
  return { cue, kept: cue.state === "closed", chip: offered };
}

// What became of a card that is kept open.
export const keptWords = (cue: Cue): string => (cue.reason === "withdrawn" ? "Kept open. Withdrawn: its words were corrected" : "Kept open");
