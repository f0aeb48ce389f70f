/**
 * Visitors, each on a new TLS connection for every request or (`kept`) on the one it has, until standard input ends: `node storm.mjs JSON`. Prints how often each
 * answer came, by job.
 * A job is { name, host, path, method, body, clients, pauseMs, impatient, kept, from: [address] }; all go to `to`. The impatient do not wait for what is under way.
 */
import { Agent, request } from "node:https";

const TIMEOUT_MS = 60_000;
const AFTER_BUSY_MS = 1_000;
const LEFT = "left";
/** A connection that was kept had ended meanwhile: browsers ask again then, on a new one. */
const GONE = "gone";
const { to, jobs } = JSON.parse(process.argv[2]);
const counts = Object.fromEntries(jobs.map(({ name }) => [name, {}]));
const leaving = [];
let going = true;

const ask = ({ host, path, method, body, impatient }, localAddress, agent) =>
  new Promise((resolve) => {
    const options = { host: to, servername: host, path, method, localAddress, agent, rejectUnauthorized: false, timeout: TIMEOUT_MS };
    const asked = request({ ...options, headers: { host, ...(body && { "content-length": Buffer.byteLength(body) }) } }, (response) => {
      response.on("error", (error) => resolve(error.code));
      response.on("end", () => resolve(String(response.statusCode)));
      response.resume();
    });
    asked.on("timeout", () => asked.destroy(Object.assign(new Error("timeout"), { code: "timeout" })));
    asked.on("error", (error) => resolve(asked.reusedSocket && ["ECONNRESET", "EPIPE"].includes(error.code) ? GONE : (error.code ?? error.message)));
    if (impatient) leaving.push(() => asked.destroy(Object.assign(new Error("left"), { code: LEFT })));
    asked.end(body);
  });

async function visitor(job, address) {
  const agent = job.kept === true && new Agent({ keepAlive: true, maxSockets: 1 });
  while (going) {
    let answer = await ask(job, address, agent);
    if (answer === GONE) answer = await ask(job, address, false);
    if (answer === LEFT) return;
    counts[job.name][answer] = (counts[job.name][answer] ?? 0) + 1;
    await new Promise((resume) => setTimeout(resume, answer === "503" ? AFTER_BUSY_MS : job.pauseMs));
  }
}

process.stdin.on("end", () => {
  going = false;
  for (const leave of leaving) leave();
});
process.stdin.resume();
process.stdout.write("ready\n");
await Promise.all(jobs.flatMap((job) => Array.from({ length: job.clients }, (_, at) => visitor(job, job.from[at % job.from.length]))));
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit());
