/**
 * A process that does one thing with a FileStore or a FlaskFileStore, and is killed or stopped just before its n-th step on the file system.
 * Arguments: the folder, the durability, the task, "kill" or "stop" or "go on", and the number of the step.
 * It prints what the task came to, as JSON, and before that a line "stopped" if it stops.
 */
import fs, { writeSync } from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { FileStore } from "hipflask/stores/file";
import { FlaskFileStore } from "hipflask/stores/flask-session/file";
import { TASKS } from "./file-tasks.ts";

const [folder, durability, name, action, number] = process.argv.slice(2) as [
  string,
  "sync" | "fast" | "flask",
  string,
  string,
  string,
];

/** Steps that are left until the action. Infinity: not armed. */
let left = Infinity;

function step(): void {
  left -= 1;
  if (left !== 0) return;
  if (action === "stop") writeSync(1, "stopped\n");
  process.kill(process.pid, action === "stop" ? "SIGSTOP" : "SIGKILL");
  // The signal needs a moment to reach all threads.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

function counted(holder: any, method: string): void {
  const original = holder[method];
  holder[method] = function (...args: unknown[]) {
    step();
    return original.apply(this, args);
  };
}

const handle = await fsPromises.open("/dev/null");
const files = Object.getPrototypeOf(handle);
await handle.close();
const write = files.write;
files.writeFile = async function (data: Uint8Array) {
  step();
  const half = Math.ceil(data.length / 2);
  if (half > 0) await write.call(this, data.subarray(0, half));
  step();
  if (half < data.length) await write.call(this, data.subarray(half));
};
for (const method of ["sync", "close", "stat", "write"]) counted(files, method);
for (const method of ["lstat", "mkdir", "open", "readdir", "realpath", "rename", "rm", "rmdir", "unlink"]) {
  counted(fsPromises, method);
}
for (const method of ["closeSync", "fstatSync", "lstatSync", "openSync", "readdirSync", "readSync"])
  counted(fs, method);
counted(fs.realpathSync, "native");
syncBuiltinESMExports();

const store =
  durability === "flask" ? new FlaskFileStore({ directory: folder }) : new FileStore(folder, { durability });
const task = await TASKS[name]!(store as FileStore, folder);
left = action === "go on" ? Infinity : Number(number);
const result = await task();
left = Infinity;
writeSync(1, `${JSON.stringify(result ?? null)}\n`);
