/** A client on one machine of the lab that asks another: the host's curl in that machine's network. */

import type { LabNode } from "./node.js";
import { run } from "./run.js";

export interface FetchOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Seconds, default 20. */
  timeoutSeconds?: number;
  /** As this number: packet walls look at it. */
  uid?: number;
  /** Without HTTP/2: there a worker of nginx that ends refuses, by GOAWAY, what it has not begun; browsers ask again (RFC 9113, 6.8), curl does not by itself. */
  http1?: boolean;
}

export interface FetchResult {
  status: number;
  /** Lower-case names; of several the last one. */
  headers: Record<string, string>;
  body: string;
}

const TIMEOUT_SECONDS = 20;
/** Exit code of curl when GOAWAY came instead of an answer. */
const HTTP2_FRAMING = 16;

/** Asks `url` with its name resolved to `address`, without checking certificates or following redirects; throws when nobody answers. */
export async function fetchFrom(from: LabNode, address: string, url: string, options: FetchOptions = {}): Promise<FetchResult> {
  const { hostname, port, protocol } = new URL(url);
  const number = port || (protocol === "https:" ? "443" : "80");
  const as = options.uid === undefined ? [] : ["setpriv", "--reuid", `${options.uid}`, "--regid", `${options.uid}`, "--clear-groups", "--"];
  const argv = [
    ...["curl", "-q", "-s", "-S", "-k", "-i", "--noproxy", "*", "--max-time", `${options.timeoutSeconds ?? TIMEOUT_SECONDS}`],
    // Told when it fails: what was waited for, a connection, TLS or the answer.
    ...["-w", "%{stderr}connected %{time_connect} s, TLS %{time_appconnect} s, first byte %{time_starttransfer} s, end %{time_total} s\\n"],
    ...["--resolve", `${hostname}:${number}:${address}`, "-H", "Expect:"],
    ...(options.http1 ? ["--http1.1"] : []),
    ...(options.method ? ["-X", options.method] : []),
    ...(options.method === "HEAD" ? ["--head"] : []),
    ...Object.entries(options.headers ?? {}).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ...(options.body === undefined ? [] : ["--data-binary", "@-"]),
    ...["--", url],
  ];
  const ask = () => run(from.networkArgv([...as, ...argv]), { input: options.body, timeoutMs: 90_000 });
  let asked = await ask();
  // What a worker of nginx that ends has refused is asked again, as browsers do.
  if (asked.status === HTTP2_FRAMING && asked.stdout === "" && ["GET", "HEAD"].includes(options.method ?? "GET")) asked = await ask();
  if (asked.status !== 0) throw new Error(`${url}: curl ended with ${asked.status ?? "a signal"}\n${asked.stdout}${asked.stderr}`);
  return parse(asked.stdout);
}

function parse(answer: string): FetchResult {
  let rest = answer;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
    const status = Number(first.split(" ")[1]);
    rest = rest.slice(end + 4);
    // An interim answer (100, 103) stands before the real one.
    if (status < 200) continue;
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
    return { status, headers, body: rest };
  }
}
