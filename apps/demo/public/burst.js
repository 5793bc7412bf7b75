/**
 * What became of visits that were counted at once.
 *
 * @param {{ status: number, json: any }[]} exchanges
 * @returns {{ good: boolean, text: string }}
 */
export function burstResult(exchanges) {
  const values = exchanges
    .filter(({ status }) => status === 200)
    .map(({ json }) => json.session.session_value);
  const lost = values.length - new Set(values).size;
  const answers = `${values.length} answers`;
  if (values.length < exchanges.length)
    return { good: false, text: `${answers}: the others were refused, and not counted.` };
  if (lost === 0) {
    const range = `${Math.min(...values)} to ${Math.max(...values)}`;
    return { good: true, text: `${answers}, ${range}, each number once. Every visit was counted.` };
  }
  return {
    good: false,
    text: `${answers}, but ${lost} of them repeat a number that was given before: those visits are lost. Requests that left with the same cookie all added 1 to the same count. On the server none would be lost.`,
  };
}
