import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const pages = join(import.meta.dirname, "../.build/pages");

/** A group of pages, of those alone that are there: a page may come later than its line here. */
function group(text, entries, options = {}) {
  const items = Object.entries(entries)
    .filter(([path]) => existsSync(join(pages, `${path}.md`)))
    .map(([path, title]) => ({ text: title, link: `/${path.replace(/index$/, "")}` }));
  return { text, items, ...options };
}

const closed = { collapsed: true };

/** Concepts first, then what to do, then what it costs. */
export function guides() {
  return [
    group("Start", {
      "start/index": "In five minutes",
      "start/express": "Express",
      "start/fastify": "Fastify",
      "start/hono": "Hono",
      "start/next": "Next.js",
    }),
    group("Concepts", {
      "what-they-are": "Cookies and sessions",
      concepts: "A session, in detail",
      "server-side": "On the client, on the server",
      concurrency: "Many requests at once",
      lifetimes: "Lifetimes",
      secrets: "Keys",
      "threat-model": "The threat model",
      "what-flask-does": "What Flask does",
    }),
    group("From Flask", {
      "flask-table": "Every call, side by side",
      "guides/flask": "One session with Flask",
      "guides/flask-session": "One store with Flask-Session",
      "guides/flask-login": "One login with Flask-Login",
    }),
    group("Guides", {
      adapters: "Frameworks",
      login: "Logins",
      csrf: "Forms from other sites",
      cookies: "Cookies alone",
      signer: "Signed tokens",
      revocation: "Revocation",
      hybrid: "Hybrid sessions",
      testing: "Testing",
    }),
    group("Tools", {
      cli: "The command line",
      doctor: "The doctor",
      browsers: "What browsers refuse",
      inspector: "The inspector",
      admin: "Administration",
      demo: "The demo",
    }),
    group(
      "Stores",
      {
        stores: "Choose one, or write one",
        "stores/file": "Files",
        "stores/sqlite": "SQLite",
        "stores/postgres": "PostgreSQL",
        "stores/mysql": "MariaDB and MySQL",
        "stores/redis": "Redis",
        "stores/memcached": "Memcached",
        "stores/mongodb": "MongoDB",
        "stores/dynamodb": "DynamoDB",
        "stores/flask-session": "Flask-Session's layouts",
        capacity: "How many sessions",
      },
      closed,
    ),
    group(
      "Migrations",
      {
        migration: "Without logging anyone out",
        "guides/express-session": "express-session",
        "guides/cookie-session": "cookie-session",
        "guides/fastify-secure-session": "@fastify/secure-session",
        "guides/iron-session": "iron-session",
        "guides/hono-sessions": "hono-sessions",
        "guides/jwt": "JWT cookies",
      },
      closed,
    ),
    group(
      "Evidence",
      {
        torture: "Beside its peers",
        benchmarks: "What it costs",
        conformance: "The conformance app",
        "encrypted-cookie": "The encrypted cookie's format",
      },
      closed,
    ),
    group(
      "The project",
      {
        "project/architecture": "Architecture",
        "project/contributing": "Contributing",
        "project/security": "Security",
        "project/changelog": "Changelog",
        ...decisions(),
      },
      closed,
    ),
  ];
}

function decisions() {
  const files = readdirSync(join(pages, "decisions")).toSorted();
  return Object.fromEntries(
    files.map((file) => {
      const [, number, words] = /^(\d+)-(.*)\.md$/.exec(file);
      return [`decisions/${number}-${words}`, `${Number(number)}. ${words.replaceAll("-", " ")}`];
    }),
  );
}

/** One page for each import path. */
export function reference(folder = "") {
  const found = readdirSync(join(pages, "reference", folder), { withFileTypes: true });
  return found
    .toSorted((a, b) => order(a.name) - order(b.name) || (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return reference(path);
      if (path === "modules.md") return [];
      if (path === "index.md") return [{ text: "hipflask", link: "/reference/" }];
      const name = path.replace(/\.md$/, "");
      return [{ text: name, link: `/reference/${name}` }];
    });
}

/** The main entry comes first. */
function order(name) {
  return name === "index.md" ? 0 : 1;
}
