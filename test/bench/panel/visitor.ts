/** People at the panel's door, as the fixed nginx of the control machine hands them on: kept connections, each request from another address. */
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { percentile } from "../publish/figures.js";

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** How long pages took, and how many there were in a second. */
export interface Paged {
  pages: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  bytes: number;
}

const HOST = "panel.test";
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
let address = 0;

/** Asks once; the address is another each time, so that nobody is counted as one person in a hurry. */
export function ask(port: number, method: "GET" | "POST", path: string, cookie: string, form?: Record<string, string>): Promise<Answered> {
  address = (address + 1) % 65_000;
  const body = form && new URLSearchParams(form).toString();
  const headers = {
    ...{ host: HOST, "x-forwarded-proto": "https", "x-forwarded-for": `10.9.${address >> 8}.${address & 255}`, "accept-language": "fr", cookie },
    ...(body && { origin: `https://${HOST}`, "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const cookiesOf = ({ headers }: Answered): string => (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");

/** Logs in through the page; gives the cookie and how long the form and the answer to it took. */
export async function logIn(port: number, login: string, password: string): Promise<{ cookie: string; formMs: number; loginMs: number }> {
  const began = performance.now();
  const page = await ask(port, "GET", "/login", "");
  const formMs = performance.now() - began;
  const token = /name="_csrf" value="([^"]+)"/.exec(page.body)?.[1];
  if (token === undefined) throw new Error(`no form at /login (${page.status})`);
  const sent = performance.now();
  const answer = await ask(port, "POST", "/login", cookiesOf(page), { login, password, _csrf: token });
  if (answer.status !== 303) throw new Error(`login answered ${answer.status}`);
  return { cookie: cookiesOf(answer), formMs, loginMs: performance.now() - sent };
}

/** So many visitors ask for these pages by turns, each again as soon as it has its answer, for so long. */
export async function visit(port: number, cookie: string, paths: readonly string[], visitors: number, seconds: number): Promise<Paged> {
  const times: number[] = [];
  let bytes = 0;
  let turn = 0;
  const began = performance.now();
  const one = async () => {
    do {
      const path = paths[turn++ % paths.length] as string;
      const sent = performance.now();
      const { status, body } = await ask(port, "GET", path, cookie);
      if (status !== 200) throw new Error(`${path} answered ${status}`);
      times.push(performance.now() - sent);
      bytes = Math.max(bytes, Buffer.byteLength(body));
    } while (performance.now() - began < seconds * 1000);
  };
  await Promise.all(Array.from({ length: visitors }, one));
  const took = (performance.now() - began) / 1000;
  return { pages: times.length, perSecond: times.length / took, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), bytes };
}
