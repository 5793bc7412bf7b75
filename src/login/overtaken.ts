import { GoneError, StoreError } from "../errors.ts";
import type { Session } from "../session/index.ts";

/**
 * Gives a session a new ID, unless another request of the same visitor did so in the meantime: then this one goes on with what it has.
 *
 * @returns whether it did
 * @throws StoreError when the store fails
 */
export async function unlessOvertaken(session: Session, identify: () => Promise<void>): Promise<boolean> {
  try {
    await identify();
    return true;
  } catch (error) {
    const isOvertaken =
      error instanceof GoneError || (error instanceof StoreError && error.code === "CONFLICT");
    if (!isOvertaken) throw error;
    session.leaveIt();
    return false;
  }
}
