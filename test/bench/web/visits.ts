/** Visitors of a web server: wrk, the same for both sides, HTTP/1.1 over a new TLS connection for each request or over kept ones. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabNode } from "../../machines/lab/node.js";
import { must } from "../../machines/lab/run.js";

export interface Visits {
  perSecond: number;
  /** Answers that were not the page, and connections that broke. */
  failed: number;
  p99Ms: number;
}

export interface Asking {
  address: string;
  port: number;
  host: string;
  path: string;
  kept: boolean;
  atOnce: number;
  seconds: number;
}

const UNITS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

// wrk names in the handshake what stands in the address: it must be the site's name, which no server tells here.
const NAMED = 'printf "%s %s\\n" "$1" "$2" >"$3" && mount --bind "$3" /etc/hosts && rm "$3" && shift 3 && exec "$@"';

/** Asks for one page of a site for so many seconds, from another machine. */
export async function visits(from: LabNode, { address, port, host, path, kept, atOnce, seconds }: Asking): Promise<Visits> {
  const hosts = join(tmpdir(), `mutu-bench-hosts-${process.pid}`);
  const words = ["wrk", "-t", "1", "-c", String(atOnce), "-d", `${seconds}s`, "--latency", ...(kept ? [] : ["-H", "Connection: close"])];
  const argv = ["unshare", "--mount", "sh", "-c", NAMED, "visitors", address, host, hosts, ...words, `https://${host}:${port}${path}`];
  return readWrk(await must(from.networkArgv(argv), { env: process.env }));
}

/** What wrk tells at its end. */
export function readWrk(said: string): Visits {
  const [, perSecond] = /Requests\/sec:\s+([\d.]+)/.exec(said) ?? [];
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s|m)\b/.exec(said) ?? [];
  if (perSecond === undefined || p99 === undefined) throw new Error(`wrk did not tell what is asked of it: ${said}`);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(said)?.slice(1) ?? [];
  const others = /Non-2xx or 3xx responses: (\d+)/.exec(said)?.[1] ?? "0";
  return {
    perSecond: Number(perSecond),
    failed: [...errors, others].reduce((sum, count) => sum + Number(count), 0),
    p99Ms: Number(p99) * (UNITS[unit as string] ?? 1),
  };
}
