import { type AdapterUnderTest, type Bench, onBench } from "./bench.ts";
import type { StorageKind } from "./storages.ts";

/** What a check works with. */
interface Setting extends Bench {
  readonly storage: StorageKind;
}

/** Defines a test of an adapter. */
export type Check = (name: string, run: (setting: Setting) => Promise<void>) => void;

/** Defines tests with the runner's function, each with sessions that are kept in this way. */
export function checkWith(
  test: (name: string, run: () => Promise<void>) => unknown,
  adapter: AdapterUnderTest,
  storage: StorageKind,
): Check {
  return (name, run) => {
    test(`with ${storage.name}: ${name}`, () => onBench(adapter, (bench) => run({ ...bench, storage })));
  };
}
