/** Visitors of one site: each asks, waits for the answer, pauses, and asks again on a new TLS connection. Every wait is kept. */
import { request } from "node:https";
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

/** null: the site itself answered. */
function ask({ address, name, port, method, path, wanted }: Question): Promise<string | null> {
  const headers = {
    host: name,
    connection: "close",
    ...(method === "POST"
      ? {
          "content-type": "application/x-www-form-urlencoded",
          "content-length": BODY.length,
        }
      : {}),
  };
  return new Promise((resolve) => {
    const options = {
      agent: false as const,
      host: address,
      port,
      servername: name,
      path,
      method,
      headers,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    const asked = request(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("error", (error) => resolve(`${method}: ${error.message}`));
      response.on("end", () =>
        resolve(response.statusCode === 200 && body.trim() === wanted ? null : `${method}: ${response.statusCode} ${body.slice(0, 80)}`),
      );
    });
    asked.on("error", (error) => resolve(`${method}: ${error.message}`));
    asked.end(method === "POST" ? BODY : undefined);
  });
}
