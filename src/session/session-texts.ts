import type { TaggedJson } from "../codec/index.ts";
import { TextMerger } from "./text-merger.ts";
import type { Changes } from "./live-session.ts";
import type { ReadData } from "./session-json.ts";

/** The texts that sessions in a store are compared and merged by, in the JSON of its layout. */
export class SessionTexts {
  readonly #json: TaggedJson;
  readonly #merger: TextMerger;

  constructor(json: TaggedJson) {
    this.#json = json;
    this.#merger = new TextMerger(json);
  }

  /** The data in a text. @throws MalformedError */
  parse(text: string): ReadData {
    const { data, numberTypes, canonical } = this.#json.parse(text);
    return { data, numberTypes, json: canonical ? text : this.#json.stringify(data, numberTypes) };
  }

  /** What two requests made of a session that was `base` for both. */
  merge(base: string, ours: string, theirs: string): string {
    return this.#merger.merge(base, ours, theirs);
  }

  /** Puts a request's changes to what was `known` on top of whatever is stored. */
  applying({ base, text, cleared }: Changes, known: string): (newest: string) => string {
    const merge = this.#merger.merging(base, text);
    return (newest) => (cleared || newest === known ? text : merge(newest));
  }
}
