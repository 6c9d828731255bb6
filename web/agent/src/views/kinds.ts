// The kinds of cue: what each is called, and its icon.
import { ArrowRight, BookOpen, OctagonAlert, Quote, TriangleAlert, type LucideIcon } from "lucide-react";

export interface Kind {
  name: string;
  icon: LucideIcon;
}

const KINDS: Record<string, Kind> = {
  answer: { name: "Answer", icon: BookOpen },
  next_step: { name: "Next step", icon: ArrowRight },
  say: { name: "Say", icon: Quote },
  careful: { name: "Careful", icon: TriangleAlert },
  must_say: { name: "Must say", icon: OctagonAlert },
};

export const kindOf = (kind: string): Kind => KINDS[kind] ?? { name: "Cue", icon: ArrowRight };
