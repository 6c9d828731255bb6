// What became of every sample: heard filled, paused hatched, gap empty with a tick, not yet dotted. A gap is at least 2 px wide.
import type { CoverageRow, TrackCoverage } from "../connection/wire";
import { clock } from "../session/select";

const WIDTH = 1000;
const HEIGHT = 10;

export function CoverageBar({ who, coverage, durationMs }: { who: string; coverage: TrackCoverage; durationMs: number }): React.JSX.Element {
  const x = (ms: number): number => (durationMs > 0 ? (ms / durationMs) * WIDTH : 0);
  const list = coverage.rows ?? [];
  const gaps = list.filter((row) => row.coverage === "gap");
  const summary = `${who}: ${gaps.length === 0 ? "no gaps" : gaps.map((gap) => `not heard ${clock(gap.start_ms)} for ${((gap.end_ms - gap.start_ms) / 1000).toFixed(1)} s`).join("; ")}`;
  return (
    <svg role="img" aria-label={summary} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="ledger">
      <title>{summary}</title>
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="3" height="6" className="hatchline" />
        </pattern>
      </defs>
      {list.map((row) => (
        <Piece key={row.start_ms} row={row} from={x(row.start_ms)} width={x(row.end_ms) - x(row.start_ms)} />
      ))}
    </svg>
  );
}

function Piece({ row, from, width }: { row: CoverageRow; from: number; width: number }): React.JSX.Element {
  if (row.coverage === "gap") return <rect x={from} width={Math.max(4, width)} height={HEIGHT} className="c-gap" />;
  if (row.coverage === "pause") return <rect x={from} width={width} height={HEIGHT} fill="url(#hatch)" />;
  return <rect x={from} width={width} height={HEIGHT} className={`c-${row.coverage}`} />;
}
