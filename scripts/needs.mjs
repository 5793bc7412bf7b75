/**
 * What tests need beyond npm, one row per thing. A `file` or a module of Debian's Python shows that it is there; the
 * `python3` on PATH may be another one, so it is never asked.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const PYTHON = "/usr/bin/python3";
const POSTGRES = "/usr/lib/postgresql";

/** Where the programs of the newest PostgreSQL server are: Debian has a folder per version, none of them on PATH. */
export const postgresBin = (existsSync(POSTGRES) ? readdirSync(POSTGRES) : [])
  .map((version) => `${POSTGRES}/${version}/bin`)
  .findLast((bin) => existsSync(`${bin}/initdb`));

/** The server of MariaDB, in a folder that is not on everybody's PATH. */
export const mariadbd = "/usr/sbin/mariadbd";

export const needs = [
  {
    name: "cachelib",
    packages: ["python3-cachelib"],
    module: "cachelib",
    tests: "src/stores/flask-session",
  },
  {
    name: "cryptography",
    packages: ["python3-cryptography"],
    module: "cryptography",
    tests: "test/interop",
  },
  { name: "flask", packages: ["python3-flask"], module: "flask", tests: "test/interop" },
  { name: "flask-login", packages: ["python3-flask-login"], module: "flask_login", tests: "test/interop" },
  {
    name: "flask-session",
    packages: [
      "python3-flask-session",
      "python3-flask-sqlalchemy",
      "python3-pymemcache",
      "python3-pylibmc",
      "python3-redis",
    ],
    module: "flask_session",
    tests: "test/interop",
  },
  { name: "flask-wtf", packages: ["python3-flaskext.wtf"], module: "flask_wtf", tests: "test/interop" },
  { name: "gunicorn", packages: ["python3-gunicorn"], module: "gunicorn", tests: "test/interop" },
  {
    name: "chromium",
    packages: ["chromium", "fonts-dejavu-core"],
    file: "/usr/bin/chromium",
    tests: "apps/demo",
  },
  { name: "firefox", packages: ["firefox-esr"], file: "/usr/bin/firefox-esr", tests: "test/browser" },
  { name: "fish", packages: ["fish"], file: "/usr/bin/fish", tests: "src/cli" },
  { name: "memcached", packages: ["memcached"], file: "/usr/bin/memcached", tests: "src/stores" },
  { name: "msgpack", packages: ["python3-msgpack"], module: "msgpack", tests: "test/interop" },
  { name: "mysql", packages: ["mariadb-server"], file: mariadbd, tests: "src/stores" },
  { name: "nginx", packages: ["nginx-light"], file: "/usr/sbin/nginx", tests: "test/http" },
  { name: "openssl", packages: ["openssl"], file: "/usr/bin/openssl", tests: "test/browser" },
  { name: "pymongo", packages: ["python3-pymongo"], module: "pymongo", tests: "test/support" },
  {
    name: "postgres",
    packages: ["postgresql", "procps"],
    file: `${postgresBin}/initdb`,
    tests: "src/stores",
  },
  {
    name: "psycopg2",
    packages: ["python3-psycopg2"],
    module: "psycopg2",
    tests: "src/stores/flask-session",
  },
  { name: "pymysql", packages: ["python3-pymysql"], module: "pymysql", tests: "src/stores/flask-session" },
  { name: "redis", packages: ["redis-server"], file: "/usr/bin/redis-server", tests: "src/stores" },
  {
    name: "sqlalchemy",
    packages: ["python3-sqlalchemy"],
    module: "sqlalchemy",
    tests: "src/stores/flask-session",
  },
  { name: "zsh", packages: ["zsh"], file: "/usr/bin/zsh", tests: "src/cli" },
];

/** The rows whose thing is not on this machine. */
export function missing() {
  const modules = pythonModules(needs.flatMap((need) => need.module ?? []));
  return needs.filter((need) => !(need.file ? existsSync(need.file) : modules.has(need.module)));
}

/** Which of `names` can be imported. One process for all, and none of them is loaded: importing Flask takes 0.2 s. */
function pythonModules(names) {
  const script = "import sys, importlib.util as u; print(*[n for n in sys.argv[1:] if u.find_spec(n)])";
  const { status, stdout } = spawnSync(PYTHON, ["-c", script, ...names], { encoding: "utf8" });
  return new Set(status === 0 ? stdout.trim().split(" ") : []);
}
