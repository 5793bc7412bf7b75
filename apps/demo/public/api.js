/**
 * One request to the demo's API.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @param {RequestCredentials} [credentials] whether cookies go there and come back
 * @returns {Promise<{ method: string, path: string, status: number, json: any, setCookies: string[] }>}
 */
export async function send(method, path, body, credentials = "same-origin") {
  const response = await fetch(path, {
    method,
    credentials,
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
  };
}
