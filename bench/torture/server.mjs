/** One row's server, a process. Says its origin when it listens, then obeys. */
import { controlOf } from "./control.mjs";
import { Line } from "./line.mjs";
import { rowsOf } from "./rows.mjs";

const [file, name] = process.argv.slice(2);

let unhandled = 0;
// Without this line each of them would end the process.
process.on("unhandledRejection", () => unhandled++);

const line = new Line();
const row = (await rowsOf(file)).find((candidate) => candidate.name === name);
const { server, store } = await row.start(line);
const control = controlOf(line, store);

process.on("message", (question) => {
  process.send({ answer: question.ask === "unhandled" ? unhandled : control(question) });
});
process.on("disconnect", () => process.exit());
process.send({ answer: server.origin });
