import type { Dict, ParsedDict } from "../codec/index.ts";
import type { NumberTypes } from "../encoding/python-json.ts";

/** Turns session data into the text by which two states of it are compared. */
export interface SessionJson {
  /** @throws DataError with the path of what cannot be written */
  stringify(data: Dict, numberTypes?: NumberTypes): string;
}

/** Session data that was read from its text. */
export interface ReadData extends Omit<ParsedDict, "canonical"> {
  /** The text that {@link SessionJson.stringify} writes for this data. */
  readonly json: string;
}
