/**
 * What became of visits that were counted at once.
 *
 * @param {number[]} values the number that each answer had arrived at
 * @param {number} clicks how many were sent
 * @returns {{ good: boolean, text: string }}
 */
export function burstResult(values, clicks) {
  const lost = values.length - new Set(values).size;
  const answers = `${values.length} answers`;
  if (values.length < clicks)
    return { good: false, text: `${answers}: the others were refused, and not counted.` };
  if (lost === 0) {
    const range = `${Math.min(...values)} to ${Math.max(...values)}`;
    return { good: true, text: `${answers}, ${range}, each number once. Every visit was counted.` };
  }
  return {
    good: false,
    text: `${answers}, but ${lost} of them repeat a number that was given before: those visits are lost.`,
  };
}
