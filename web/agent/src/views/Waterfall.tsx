// Latency of one cue, stage by stage: 0 is the end of the words. A stage that was not measured leaves a hole, never a guess.
import type { Cue } from "../connection/wire";

const ORDER = ["transit", "buffer", "asr", "utterance", "store", "bus", "orchestrate", "route", "infer", "guide", "deliver", "hold", "render"];
// What people call them.
const NAMES: Record<string, string> = { transit: "on its way", buffer: "collected", asr: "recognised", utterance: "written", store: "stored", bus: "passed on", orchestrate: "rules", route: "queued", infer: "understood", guide: "decided", deliver: "sent", hold: "held", render: "drawn" };
const ROW = 14;
const LEFT = 84;
const RIGHT = 52;
const WIDTH = 328;

export function Waterfall({ cue }: { cue: Cue }): React.JSX.Element {
  const all = { ...cue.stages_ms, ...cue.displayed?.stages_ms };
  const stages = ORDER.map((name) => ({ name, ms: all[name] ?? null }));
  const sum = stages.reduce((total, stage) => total + (stage.ms ?? 0), 0);
  const total = all["total"] ?? null;
  if (sum === 0) return <span className="quiet">Not caused by words: no time to show.</span>;
  const axis = Math.max(250, Math.ceil(Math.max(sum, total ?? 0) / 250) * 250);
  const x = (ms: number): number => LEFT + (Math.max(0, ms) / axis) * (WIDTH - LEFT - RIGHT);
  const longest = Math.max(...stages.map((stage) => stage.ms ?? 0));
  let at = 0;
  const height = ROW * (stages.length + 1) + 4;
  const words = total === null ? `${sum.toFixed(0)} ms to the decision, not drawn yet` : `${total.toFixed(0)} ms from the words to the screen, clocks ± ${(all["clock_error"] ?? 0).toFixed(1)} ms`;
  return (
    <figure className="waterfall">
      <svg role="img" aria-label={words} viewBox={`0 0 ${WIDTH} ${height}`} width="100%">
        <title>{words}</title>
        {[450, 1500].filter((ms) => ms <= axis).map((ms) => (
          <line key={ms} x1={x(ms)} x2={x(ms)} y1={0} y2={height - ROW} className="mark" />
        ))}
        {stages.map((stage, i) => {
          const from = at;
          at += stage.ms ?? 0;
          const y = i * ROW;
          return (
            <g key={stage.name}>
              <text x={0} y={y + 11}>{NAMES[stage.name]}</text>
              {stage.ms !== null && <rect x={x(from)} y={y + 3} height={9} width={Math.max(1, x(at) - x(from))} className={stage.ms === longest ? "longest" : ""} />}
              <text x={WIDTH} y={y + 11} textAnchor="end">{stage.ms === null ? "–" : stage.ms < 10 ? stage.ms.toFixed(1) : stage.ms.toFixed(0)}</text>
            </g>
          );
        })}
        <text x={LEFT} y={height - 3}>0</text>
        <text x={WIDTH - RIGHT} y={height - 3} textAnchor="end">{axis} ms</text>
      </svg>
      <figcaption>{words}</figcaption>
    </figure>
  );
}
