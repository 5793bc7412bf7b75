/** @jsxImportSource preact */

/** A value of JSON, one line for each key. */
export function Tree({ value }: { value: unknown }) {
  if (typeof value !== "object" || value === null) return <Leaf value={value} />;
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return <span class="quiet">{isList ? "an empty list" : "nothing"}</span>;
  return (
    <ul class="tree">
      {entries.map(([key, item]) => (
        <li key={key}>
          <span class="key">{key}:</span> <Tree value={item} />
        </li>
      ))}
    </ul>
  );
}

function Leaf({ value }: { value: unknown }) {
  return (
    <span class={`leaf ${typeof value}`}>{typeof value === "string" ? `“${value}”` : String(value)}</span>
  );
}
