import type { ChecklistItem } from "../connection/wire";
import { clock } from "../session/select";

export function Checklist({ items }: { items: ChecklistItem[] }): React.JSX.Element {
  if (items.length === 0) return <p className="empty">This tenant has no checklist.</p>;
  return (
    <ul className="checklist">
      {items.map((item) => (
        <li key={item.item} className={item.ticked ? "done" : ""} data-testid={`item-${item.item}`}>
          <span role="checkbox" aria-checked={item.ticked !== undefined} aria-label={item.label} aria-readonly="true" className="box">
            {item.ticked ? "✓" : ""}
          </span>
          <span className="grow clip">{item.label}</span>
          {item.ticked && (
            <span className="quiet clip quote" title={item.ticked.because.text}>
              {clock(item.ticked.because.end_ms)} “{item.ticked.because.text}”
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
