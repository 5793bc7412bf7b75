import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { until } from "./redis-server.ts";
import type { RunningServer } from "./server-process.ts";

/**
 * An nginx that caches what a server answers, also errors and answers without a word on caching, for an hour.
 *
 * @param origin the server's address
 * @param ignored response headers that nginx is told to disregard
 */
export async function startCache(origin: string, ignored: readonly string[] = []): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "hipflask-nginx-"));
  await mkdir(join(folder, "cache"));
  const port = await freePort();
  const config = `
daemon off;
worker_processes 1;
user root;
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  proxy_cache_path ${folder}/cache keys_zone=all:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin};
      proxy_cache all;
      proxy_cache_key $request_uri;
      proxy_cache_valid any 1h;
      ${ignored.length > 0 ? `proxy_ignore_headers ${ignored.join(" ")};` : ""}
      add_header X-Cache $upstream_cache_status always;
    }
  }
}`;
  await writeFile(join(folder, "nginx.conf"), config);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn("/usr/sbin/nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const exit = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exit;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until("an nginx that answers", async () => {
      if (child.exitCode !== null) throw new Error(`nginx did not start:\n${output}`);
      return fetch(url).then(
        () => true,
        () => false,
      );
    });
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
