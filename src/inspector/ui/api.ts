import type { State, TamperReport, VerdictReport } from "../report.ts";

/** The origin as the address bar has it: the server may stand behind a proxy. */
const ORIGIN = `?origin=${encodeURIComponent(location.origin)}`;

/** Where the server listens for what the page asks: beside this script, whatever the address bar ends with. */
export function addressOf(place: string): string {
  return new URL(place, import.meta.url).href;
}

/** @throws Error with what the server says */
export async function loadState(): Promise<State> {
  return (await answered(fetch(addressOf(`state${ORIGIN}`)))).json() as Promise<State>;
}

export async function forget(): Promise<void> {
  await answered(fetch(addressOf("forget"), { method: "POST" }));
}

export async function tamper(body: { kind: string; at?: number }): Promise<TamperReport> {
  return post("tamper", body) as Promise<TamperReport>;
}

export async function judge(body: { header: string; url: string; page: string }): Promise<VerdictReport> {
  return post("verdict", body) as Promise<VerdictReport>;
}

async function post(path: string, body: object): Promise<unknown> {
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  return (await answered(fetch(addressOf(path + ORIGIN), request))).json();
}

async function answered(fetching: Promise<Response>): Promise<Response> {
  const response = await fetching;
  if (!response.ok) throw new Error(await response.text());
  return response;
}
