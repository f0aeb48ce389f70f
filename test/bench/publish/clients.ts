/** Visitors of one site: each asks, waits for the answer, pauses, and asks again on a new TLS connection. Every wait is kept. */
import { connect, createSecureContext } from "node:tls";
import { answerLines } from "./lines.js";

export interface Visit {
  /** Address of the web machine, and the name of the site asked there. */
  address: string;
  name: string;
  /** 443, unless another is given. */
  port?: number;
  /** Only its PHP page, GET and POST by turns; else a page and a POST to PHP. */
  php?: boolean;
  /** A request that goes on meanwhile: of another site, and how it must end. */
  slow?: { name: string; path: string; wanted: string };
  clients: number;
  pauseMs: number;
  /** Bounds: whatever the asker forgets, the visitors end. */
  most: number;
  seconds: number;
}

export interface Visited {
  sent: number;
  /** Not answered, or not with what the site says. */
  lost: number;
  faults: string[];
  longestMs: number;
  p50Ms: number;
  p99Ms: number;
  seconds: number;
  /** What became of the slow request; null: there was none. */
  slow: { ms: number; fault: string | null } | null;
}

interface Question {
  address: string;
  port: number;
  name: string;
  method: "GET" | "POST";
  path: string;
  wanted: string;
}

const HTTPS = 443;
const BODY = "a=1";
const TIMEOUT_MS = 15_000;
const KEPT_FAULTS = 5;
/** One for all: a program that asks for a living does not read its trusted roots for each connection. */
const trust = createSecureContext();

let stop = false;
let visiting: Promise<Visited> | null = null;

await answerLines({
  start(visit: Visit) {
    stop = false;
    visiting = visitAll(visit);
  },
  stop() {
    stop = true;
    return visiting;
  },
});

async function visitAll(visit: Visit): Promise<Visited> {
  const waits: number[] = [];
  const faults: string[] = [];
  let sent = 0;
  let lost = 0;
  const started = performance.now();
  const one = async (offset: number): Promise<void> => {
    for (let turn = offset; !stop && sent < visit.most && performance.now() - started < visit.seconds * 1000; turn += 1) {
      sent += 1;
      const asked = performance.now();
      const fault = await ask(questionOf(visit, turn % 2 === 0 ? "GET" : "POST"));
      waits.push(performance.now() - asked);
      if (fault !== null) {
        lost += 1;
        if (faults.length < KEPT_FAULTS) faults.push(fault);
      }
      await new Promise((resume) => setTimeout(resume, visit.pauseMs));
    }
  };
  const slow = visit.slow === undefined ? null : askSlow(visit, visit.slow);
  await Promise.all(Array.from({ length: visit.clients }, (_, index) => one(index)));
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
  return {
    sent,
    lost,
    faults,
    longestMs: waits.at(-1) ?? 0,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    seconds: (performance.now() - started) / 1000,
    slow: await slow,
  };
}

function questionOf({ address, name, port = HTTPS, php }: Visit, method: "GET" | "POST"): Question {
  const plain = method === "GET" && !php;
  return {
    address,
    port,
    name,
    method,
    path: plain ? "/plain.html" : "/index.php",
    wanted: plain ? `plain ${name}` : `got ${method === "GET" ? "" : BODY}`.trim(),
  };
}

async function askSlow({ address, port = HTTPS }: Visit, { name, path, wanted }: NonNullable<Visit["slow"]>): Promise<Visited["slow"]> {
  const asked = performance.now();
  const fault = await ask({ address, port, name, method: "GET", path, wanted });
  return { ms: performance.now() - asked, fault };
}

/** null: the site itself answered. Straight on TLS: what a visitor's program costs is taken from the machines here, which share its processors. */
function ask({ address, name, port, method, path, wanted }: Question): Promise<string | null> {
  const body = method === "POST" ? BODY : "";
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${name}`, "Connection: close"];
  if (body !== "") lines.push("Content-Type: application/x-www-form-urlencoded", `Content-Length: ${body.length}`);
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, servername: name, rejectUnauthorized: false, secureContext: trust });
    let answer = "";
    const give = (fault: string | null) => {
      clearTimeout(patience);
      socket.destroy();
      resolve(fault === null ? null : `${method}: ${fault}`);
    };
    const patience = setTimeout(() => give(`no answer within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", (error) => give(error.message));
    socket.on("end", () => {
      const { status, text } = readAnswer(answer);
      give(status === "200" && text.trim() === wanted ? null : `${status} ${text.slice(0, 80)}`);
    });
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  });
}

/** An answer that the end of its connection ended; in chunks, where its length was not known. */
function readAnswer(answer: string): { status: string; text: string } {
  const end = answer.indexOf("\r\n\r\n");
  const head = answer.slice(0, Math.max(0, end));
  let rest = answer.slice(end + 4);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? `cut off after ${answer.length} bytes`;
  if (!/^transfer-encoding: chunked$/im.test(head)) {
    const length = /^content-length: (\d+)$/im.exec(head)?.[1];
    return length === undefined || Number(length) === rest.length ? { status, text: rest } : { status: "cut off", text: rest };
  }
  let text = "";
  for (;;) {
    const line = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (size === 0) return { status, text };
    // Without its last chunk an answer is not whole.
    if (line < 0 || !(size > 0)) return { status: "cut off", text };
    text += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
  }
}
