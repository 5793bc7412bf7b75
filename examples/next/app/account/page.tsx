import { getSession } from "../../lib/sessions";
import { logout } from "../actions";

/** The proxy lets nobody in who is not logged in. */
export default async function Account() {
  const { user } = await getSession();
  return (
    <main>
      <h1>{`Account of ${user}`}</h1>
      <form action={logout}>
        <button>Log out</button>
      </form>
    </main>
  );
}
