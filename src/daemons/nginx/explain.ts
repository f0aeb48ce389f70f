/** What nginx says when it refuses a configuration. Pure. */
import type { DaemonFault } from "../../publish/contract.js";

// 'nginx: [emerg] conflicting parameter "*.example.org" in /…/ab/nginx/wildcards/2001.map:3', also in the error log with a date before it
const EMERGENCY = /\[(?:emerg|crit)\] (?:\d+#\d+: )?(.*)$/;
const PLACE = / in (\S+):([0-9]+)$/;
const OUR_FILE = /\/nginx\/((?:base|limits|names|proxies|wildcards)\/[A-Za-z0-9._-]+)$/;
const TWICE = /^(?:conflicting parameter|a duplicate default|conflicting server name) "?([^" ]+)"?/;
const PORT = /^bind\(\) to (\S+) failed/;
const NO_WORKERS = /^nginx: the new workers did not come/;

/** Turns nginx's and our driver's words into faults; an unknown sentence is not guessed at. */
export function explain(output: string[]): DaemonFault[] {
  const faults: DaemonFault[] = [];
  for (const line of output) {
    const fault = explainLine(line);
    if (fault && !faults.some((known) => JSON.stringify(known) === JSON.stringify(fault))) faults.push(fault);
  }
  return faults;
}

function explainLine(line: string): DaemonFault | null {
  if (NO_WORKERS.test(line)) return { path: null, line: null, code: "nginx.no_workers", data: {} };
  const said = EMERGENCY.exec(line)?.[1];
  if (said === undefined) return null;
  const port = PORT.exec(said);
  if (port) return { path: null, line: null, code: "nginx.port_taken", data: { address: port[1] as string } };
  const place = PLACE.exec(said);
  const path = place ? (OUR_FILE.exec(place[1] as string)?.[1] ?? null) : null;
  const at = { path, line: path === null ? null : Number(place?.[2]) };
  const twice = TWICE.exec(said);
  if (twice) return { ...at, code: "nginx.name_twice", data: { name: twice[1] as string } };
  return { ...at, code: "nginx.refused", data: { words: place ? said.slice(0, place.index) : said } };
}
