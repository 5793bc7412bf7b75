import { getSession } from "../lib/sessions";
import { login } from "./actions";

/** A server component reads. */
export default async function Page() {
  const { user, data } = await getSession();
  return (
    <main>
      <h1>{user === undefined ? "Hello, stranger" : `Hello, ${user}`}</h1>
      <p>{`visits: ${data.visits ?? 0}`}</p>
      <form action={login}>
        <input name="user" />
        <button>Log in</button>
      </form>
    </main>
  );
}
