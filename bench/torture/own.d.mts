export interface Cell {
  readonly text: string;
  readonly verdict: "good" | "bad" | "design" | "none";
}

export interface OwnRow {
  readonly name: string;
  torment(): Promise<Readonly<Record<string, Cell>>>;
}

export function ownRows(library: object): OwnRow[];
