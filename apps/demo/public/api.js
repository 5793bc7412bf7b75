/**
 * One request to the demo's API.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @returns {Promise<{ method: string, path: string, status: number, json: any, setCookies: string[] }>}
 */
export async function send(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
  return {
    method,
    path,
    status: response.status,
    json: await response.json(),
    setCookies: JSON.parse(response.headers.get("X-Demo-Set-Cookie") ?? "[]"),
  };
}
