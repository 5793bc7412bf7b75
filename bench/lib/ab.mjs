/** Paired measurements: every variant runs once per round, in an order that rotates, and is compared within the round. */

/** Where results go, so that no call is optimised away. */
export const sink = { last: undefined };

/**
 * @typedef {object} Task
 * @property {string} name
 * @property {(input: any) => unknown} run one operation. Each task's is a function of its own in the source: functions made by
 *   one piece of code share what the compiler learns about their calls, and slow one another down
 * @property {any[]} [inputs] what `run` gets, in turn
 * @property {boolean} [async] whether `run` gives a promise, which is awaited before the next operation
 */

/**
 * Measures tasks side by side.
 *
 * @param {Task[]} tasks
 * @param {{ rounds: number, slice: number, warmUp?: number }} options `slice` and `warmUp` in milliseconds per task
 * @returns {Promise<Map<string, { cpu: number[], wall: number[] }>>} nanoseconds per operation, one figure per round
 */
export async function sideBySide(tasks, { rounds, slice, warmUp = slice * 4 }) {
  const counts = new Map();
  for (const task of tasks) counts.set(task, await calibrate(task, slice, warmUp));
  const figures = new Map(tasks.map((task) => [task.name, { cpu: [], wall: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const task of rotated(tasks, round)) {
      const { cpu, wall } = await measure(task, counts.get(task));
      figures.get(task.name).cpu.push(cpu);
      figures.get(task.name).wall.push(wall);
    }
  }
  return figures;
}

/** Warms the task up and finds how many operations fill a slice. */
async function calibrate(task, slice, warmUp) {
  let count = 1;
  let spent = 0;
  while (spent < warmUp) {
    const { wall } = await measure(task, count);
    spent += (wall * count) / 1e6;
    count = Math.max(1, Math.min(count * 8, Math.round((slice * 1e6) / wall)));
  }
  return count;
}

async function measure(task, count) {
  const usage = process.cpuUsage();
  const start = process.hrtime.bigint();
  if (task.async) await runAwaited(task, count);
  else runDirectly(task, count);
  const wall = Number(process.hrtime.bigint() - start);
  const { user, system } = process.cpuUsage(usage);
  return { wall: wall / count, cpu: ((user + system) * 1000) / count };
}

function runDirectly({ run, inputs = NOTHING }, count) {
  for (let i = 0, next = 0; i < count; i++) {
    sink.last = run(inputs[next]);
    if (++next === inputs.length) next = 0;
  }
}

async function runAwaited({ run, inputs = NOTHING }, count) {
  for (let i = 0, next = 0; i < count; i++) {
    sink.last = await run(inputs[next]);
    if (++next === inputs.length) next = 0;
  }
}

const NOTHING = [undefined];

/** The same list, begun at another place each round, so that nobody always runs after the same neighbour's garbage. */
export function rotated(list, round) {
  const start = round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** Of each round the quotient, then their median and range. */
export function ratio(numerators, denominators) {
  return spread(numerators.map((value, round) => value / denominators[round]));
}

/** @returns {{ median: number, min: number, max: number }} */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** The figure that a tenth of the rounds stay below: what other programs on the machine add is not in it. */
export function quiet(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 10)];
}

/** Round by round: `plus(a, b)[i]` is `a[i] + b[i]`. */
export function plus(a, b) {
  return a.map((value, round) => value + b[round]);
}

/** Round by round: `minus(a, b)[i]` is `a[i] - b[i]`. */
export function minus(a, b) {
  return a.map((value, round) => value - b[round]);
}
