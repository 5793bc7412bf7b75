/** How long a record lives, in the whole seconds of servers that end it by themselves: never less than it should, and at least one. */
export function wholeSeconds(expires: Date, now: Date): number {
  return Math.max(Math.ceil((expires.getTime() - now.getTime()) / 1000), 1);
}
