/** Does it, or closes what was opened for it: an open connection would keep the process alive. */
export async function orClosed<T>(close: () => Promise<void>, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await close();
    throw error;
  }
}
