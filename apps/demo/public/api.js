/**
 * One request to the demo's API.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @returns {Promise<{ method: string, path: string, status: number, json: any, setCookies: string[],
 *   storeCalls: { operation: string, outcome: string }[] }>}
 */
export async function send(method, path, body) {
  const response = await fetch(path, {
    method,
    // Chromium lets requests for the same address wait for one another, for the sake of its cache.
    cache: "no-store",
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
    storeCalls: JSON.parse(response.headers.get("X-Demo-Store") ?? "[]"),
  };
}
