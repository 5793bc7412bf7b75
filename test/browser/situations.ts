/** How a browser comes to make a request. */
type How =
  /** The user types the address. */
  | "visit"
  /** A script of the page `from` sends the window there, as a link does. */
  | "link"
  /** A form of the page `from` sends the window there with POST. */
  | "form"
  /** A script of the page `from` fetches it. */
  | "fetch"
  | "fetch-post"
  /** The page `from` shows it in a frame. */
  | "frame"
  /** No request: a script of the page at this address uses `document.cookie`. */
  | "script";

export interface Step {
  readonly how: How;
  readonly url: string;
  readonly from?: string;
  /** The Set-Cookie headers of the answer. */
  readonly set?: readonly string[];
}

export interface Situation {
  readonly title: string;
  /** What the browser is put through first, and the step in question. */
  readonly steps: readonly Step[];
}

const A = "https://a.test/";

/** Headers in the answer to a page that the user opens. A `#` makes each name its own. */
function onVisit(url: string, headers: readonly string[]): Situation {
  const set = headers.map((header, at) => header.replace("#", String(at)));
  return { title: `${url} sets ${set.length} cookies`, steps: [{ how: "visit", url, set }] };
}

/** Headers in an answer, after those with which `https://a.test/` was opened. */
function onAnswer(step: Step & { set: readonly string[] }, ...before: readonly string[]): Situation {
  const first = before.length === 0 ? "" : `, after ${listOf(before)}`;
  return { title: `${placeOf(step)} sets ${listOf(step.set)}${first}`, steps: [...given(before), step] };
}

/** A request, after `https://a.test/` was opened and set these. */
function onRequest(step: Step, ...before: readonly string[]): Situation {
  return { title: `${placeOf(step)} gets ${listOf(before)}`, steps: [...given(before), step] };
}

function given(set: readonly string[]): Step[] {
  return set.length === 0 ? [] : [{ how: "visit", url: A, set }];
}

function placeOf({ how, url, from }: Step): string {
  return `${url} by ${how}${from === undefined ? "" : ` from ${from}`}`;
}

function listOf(headers: readonly string[]): string {
  return headers.join(" | ");
}

/** One of each kind, whose names say which. */
const KINDS = [
  "unset=1",
  "lax=1; SameSite=Lax",
  "strict=1; SameSite=Strict",
  "none=1; SameSite=None; Secure",
];

/** Partitioned as it is meant to be. */
const CHIPS = "chips=1; SameSite=None; Secure; Partitioned";

/** Pages of another site, of the same one, and of the same one but for the scheme. */
const FROM = ["https://b.test/", "https://sub.a.test/", "http://a.test/"];

export const SETTING: readonly Situation[] = [
  onVisit("http://a.test/", [
    "x#=1",
    "x#=1; Secure",
    "__Secure-x#=1; Secure",
    "x#=1; SameSite=None",
    "x#=1; SameSite=None; Secure",
  ]),
  onVisit("http://localhost/", [
    "x#=1; Secure",
    "__Host-x#=1; Secure; Path=/",
    "x#=1; SameSite=None",
    "x#=1; SameSite=None; Secure",
    "x#=1; Partitioned; Secure",
    "x#=1; Domain=localhost",
  ]),
  onVisit("http://127.0.0.1/", [
    "x#=1; Secure",
    "__Host-x#=1; Secure; Path=/; Domain=127.0.0.1",
    "x#=1; Domain=.127.0.0.1",
    "x#=1; Domain=localhost",
  ]),
  onVisit(A, [
    "__Secure-x#=1",
    "__secure-x#=1; Secure",
    "__host-x#=1; Path=/",
    "__Host-x#=1; Secure",
    "__Host-x#=1; Secure; Path=/",
    "__Host-x#=1; Secure; Path=/; Domain=a.test",
    "__Host-x#=1; Secure; Path=/; Domain=",
    "__Host-x#=1; Secure; Path=nope",
    "__Http-x#=1; Secure",
    "__Http-x#=1; Secure; HttpOnly",
    "__hOsT-hTTp-x#=1; Secure; Path=/",
    "__Host-Http-x#=1; Secure; Path=/; HttpOnly",
    "x#=1; SameSite=None",
    "x#=1; SameSite=None; Secure",
    "x#=1; SameSite=foo",
    "x#=1; SameSite=Strict; SameSite=foo",
    "x#=1; Partitioned",
    "x#=1; Partitioned; Secure",
    "x#=1; Max-Age=60",
    "x#=1; Max-Age=99999999999",
    "x#=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
    "x#=1; Expires=2030-01-01T00:00:00Z",
    "x#=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "x#=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60",
    "x#=1; Max-Age=0",
    "x#=1; Max-Age=-1",
    "x#=1; Max-Age=5.5",
    "x#=1; Max-Age=60; Max-Age=abc",
    "x#=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=never",
    "x#=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Expires=",
    "x#",
    "x#=",
    "=",
    "=x",
    "=a=b",
    "==b",
    "__Host-x#",
    "=__Secure-x=1",
    "x#=a\x01b",
    "x#=a\tb",
    "x#=a\x7fb",
    "x#=1; Path=/\t/",
    "x#=a b",
    'x#="q"',
    `full=${"v".repeat(4092)}`,
    `over=${"v".repeat(4093)}`,
    `x#=1; Path=/${"p".repeat(1023)}`,
    `x#=1; Path=/${"p".repeat(1024)}`,
    `x#=1; Domain=${"d".repeat(1025)}`,
    "x#=1; Domain=b.test",
    "x#=1; Domain=a.test",
    "x#=1; Domain=sub.a.test",
    "x#=1; Domain=test",
    "x#=1; Domain=.",
    "x#=1; Domain=..a.test",
    "x#=1; Domain=a.test.",
    "x#=1; Domain=a.test:80",
    "x#=1; Domain=https://a.test",
    "x#=1; Domain=b.test; Domain=a.test",
    "x#=1; Domain=a.test; Domain=",
    "x#=1; Secure=false; hTTponly",
    "x#=1, y=2",
    "x#=1; Path=/, y=2; Path=/",
  ]),
  onVisit("https://sub.a.test/", ["x#=1; Domain=.a.test", "x#=1; Domain=A.TEST"]),
  onVisit("https://a.test/d/e", [
    "x#=1",
    "x#=1; Path=d",
    "x#=1; Path=/other",
    "x#=1; Path=/d/",
    "__Host-x#=1; Secure; Path=/d",
  ]),
  onAnswer({ how: "visit", url: A, set: ["x=2"] }, "x=1"),
  onAnswer({ how: "visit", url: A, set: ["x=2; Path=/d"] }, "x=1"),
  onAnswer({ how: "visit", url: A, set: ["x=; Max-Age=0"] }, "x=1"),
  onAnswer({ how: "visit", url: A, set: ["x=; Max-Age=0; Path=/d"] }, "x=1"),
  onAnswer({ how: "visit", url: A, set: ["x=; Max-Age=0"] }, "x=1; Domain=a.test"),
  onAnswer({ how: "visit", url: "http://a.test/", set: ["x=2"] }, "x=1; Secure"),
  onAnswer({ how: "visit", url: "http://a.test/", set: ["x=; Max-Age=0"] }, "x=1; Secure"),
  onAnswer({ how: "visit", url: "http://a.test/", set: ["x=2; Path=/d"] }, "x=1; Secure"),
  onAnswer({ how: "visit", url: "http://sub.a.test/", set: ["x=2; Domain=a.test"] }, "x=1; Secure"),
  onAnswer({ how: "visit", url: "http://sub.a.test/", set: ["x=2"] }, "x=1; Secure; Domain=a.test"),
  onAnswer({ how: "visit", url: "http://a.test/d/", set: ["x=2; Path=/"] }, "x=1; Secure; Path=/d"),
  onAnswer({ how: "script", url: A, set: ["x=2"] }, "x=1"),
  onAnswer({ how: "script", url: A, set: ["x=2"] }, "x=1; HttpOnly"),
  onAnswer({ how: "script", url: A, set: ["x=; Max-Age=0"] }, "x=1; HttpOnly"),
  onAnswer({ how: "script", url: A, set: ["x=2; Path=/d"] }, "x=1; HttpOnly"),
  onAnswer({ how: "script", url: A, set: ["x=1; HttpOnly"] }),
  onAnswer({ how: "script", url: A, set: ["x=1; SameSite=Strict; Secure"] }),
  onAnswer({ how: "script", url: A, set: ["__Host-x=1; Secure; Path=/"] }),
  onAnswer({ how: "script", url: A, set: ["__Http-x=1; Secure; Path=/"] }),
  onAnswer({ how: "script", url: "http://a.test/", set: ["x=1; Secure"] }),
  ...FROM.flatMap((from) =>
    (["link", "form", "fetch", "frame"] as const).map((how) =>
      onAnswer({ how, from, url: A, set: [...KINDS, CHIPS] }),
    ),
  ),
];

export const SENDING: readonly Situation[] = [
  ...(["visit", "script"] as const).flatMap((how) => [
    onRequest({ how, url: A }, ...KINDS, "hidden=1; HttpOnly", "safe=1; Secure"),
    onRequest({ how, url: "http://a.test/" }, ...KINDS, "hidden=1; HttpOnly", "safe=1; Secure"),
    onRequest({ how, url: "https://sub.a.test/" }, "host=1", "domain=1; Domain=a.test"),
    onRequest({ how, url: "https://b.test/" }, "host=1", "domain=1; Domain=a.test"),
    onRequest({ how, url: "https://a.test/d" }, "d=1; Path=/d", "slash=1; Path=/d/", "other=1; Path=/e"),
    onRequest(
      { how, url: "https://a.test/d/e" },
      "d=1; Path=/d",
      "slash=1; Path=/d/",
      "other=1; Path=/d/e/f",
    ),
    onRequest({ how, url: "https://a.test/dd" }, "d=1; Path=/d", "slash=1; Path=/d/", "root=1; Path=/"),
  ]),
  ...(["link", "form", "fetch", "fetch-post", "frame"] as const).flatMap((how) =>
    FROM.map((from) => onRequest({ how, from, url: A }, ...KINDS)),
  ),
  onRequest({ how: "link", from: A, url: "http://a.test/" }, ...KINDS),
  onRequest({ how: "visit", url: A }, "x=\xc3\xa4", "bare", "y=a b", 'z="q"'),
  {
    title: "a cookie that was Partitioned below b.test is sent in b.test's frames",
    steps: [
      { how: "frame", from: "https://b.test/", url: A, set: [CHIPS] },
      { how: "frame", from: "https://b.test/", url: A },
    ],
  },
  ...(["frame", "fetch"] as const).flatMap((how): Situation[] => [
    {
      title: `what b.test's page got by ${how} without Partitioned is asked for by it again`,
      steps: [
        { how, from: "https://b.test/", url: A, set: KINDS },
        { how, from: "https://b.test/", url: A },
      ],
    },
    {
      title: `what b.test's page got by ${how} without Partitioned is asked for by a.test itself`,
      steps: [
        { how, from: "https://b.test/", url: A, set: KINDS },
        { how: "visit", url: A },
      ],
    },
  ]),
  {
    title: "a cookie that was Partitioned below b.test is not sent to a.test itself",
    steps: [
      { how: "frame", from: "https://b.test/", url: A, set: [CHIPS] },
      { how: "visit", url: A },
    ],
  },
  {
    title: "a cookie that a.test set as Partitioned is not sent in b.test's frames",
    steps: [
      { how: "visit", url: A, set: [CHIPS] },
      { how: "frame", from: "https://b.test/", url: A },
    ],
  },
];
