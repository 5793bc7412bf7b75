import { TextMerger } from "../session/text-merger.ts";

const merger = new TextMerger({ sortKeys: false, isTag: () => false });

/** The JSON of two sessions that both began as `base`, as one: where we changed something it is ours, elsewhere theirs, path by path. */
export function mergeJson(base: string, ours: string, theirs: string): string {
  return merger.merge(base, ours, theirs);
}
