const KEYS: [string, string][] = [
  ["F6", "go to the guidance; its letters act while it has the focus"],
  ["Esc", "close what is open, then dismiss the cue"],
  ["w", "why this cue"],
  ["c", "copy the cue"],
  ["1", "take the cue that waits"],
  ["k", "checklist"],
  ["t", "latest words"],
  ["a", "ask the knowledge base"],
  ["?", "more, keys"],
  ["Ctrl+Shift+0", "pause or resume listening"],
];

export function Keys({ letters, setLetters }: { letters: boolean; setLetters: (on: boolean) => void }): React.JSX.Element {
  return (
    <>
      <label className="row">
        <input type="checkbox" checked={letters} onChange={(event) => setLetters(event.target.checked)} /> Letters act while the guidance has the focus
      </label>
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
    </>
  );
}
