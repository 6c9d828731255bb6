const KEYS: [string, string][] = [
  ["Esc", "close what is open, then dismiss the cue"],
  ["w", "why this cue"],
  ["c", "copy the cue"],
  ["k", "checklist"],
  ["a", "ask the knowledge base"],
  ["p", "pause, resume"],
  ["End", "latest words"],
  ["?", "keys"],
];

export function Keys(): React.JSX.Element {
  return (
    <dl className="keys">
      {KEYS.map(([key, what]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
