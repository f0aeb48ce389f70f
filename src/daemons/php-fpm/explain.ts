/** What PHP-FPM says when it refuses a configuration. Pure. */
import type { DaemonFault } from "../../publish/contract.js";

// "[22-Nov-2026 17:22:50] ERROR: [/…/pools/8.2/m03/2001.conf:4] unknown entry 'x'"
const NAMED_FILE = /(?:ERROR|ALERT):\s+\[[^\]]*?\/([0-9.]+\/m[0-9a-z]+\/[0-9]+\.conf):([0-9]+)\]\s*(.*)$/;
// "… ALERT: [pool 2001-8.2-m03] pm.max_children must be a positive value"
const NAMED_POOL = /(?:ERROR|ALERT):\s+\[pool ([0-9]+)-([0-9.]+)-(m[0-9a-z]+)\]\s*(.*)$/;
// "ERROR: unable to bind listening socket for address '/…/6f.sock': No such file or directory (2)"
const SOCKET = /ERROR: (?:unable to bind listening socket for address|An another FPM instance seems to already listen on) '?([^' ]*)'?/i;
// Too many children in one pool: a -t passes, the start does not. FPM names no pool.
const NO_MEMORY = /ERROR: unable to allocate [0-9]+ bytes in shared memory/;
// Our driver: started without the others, this pool does not start.
const ALONE = /^php-fpm alone refuses (\S+):$/;
const NOT_INSTALLED = /^version ([0-9.]+) is not installed: (\S+)$/;

/** Turns FPM's and our driver's words into faults; an unknown sentence is not guessed at. */
export function explain(output: string[]): DaemonFault[] {
  const faults: DaemonFault[] = [];
  output.forEach((line, at) => {
    const alone = ALONE.exec(line)?.[1];
    // What it says next is why; the pool is known in any case.
    const why =
      alone === undefined
        ? explainLine(line)
        : output
            .slice(at + 1, at + 3)
            .map(explainLine)
            .find(Boolean);
    const fault = alone === undefined ? why : { ...(why ?? { line: null, code: "publications.refused", data: {} }), path: alone };
    if (fault && (fault.path !== null || !ALONE.test(output[at - 1] ?? ""))) faults.push(fault);
  });
  return faults;
}

function explainLine(line: string): DaemonFault | null {
  const file = NAMED_FILE.exec(line);
  if (file) return { path: file[1] as string, line: Number(file[2]), code: "php-fpm.refused", data: { words: file[3] as string } };
  const pool = NAMED_POOL.exec(line);
  if (pool) return { path: `${pool[2]}/${pool[3]}/${pool[1]}.conf`, line: null, code: "php-fpm.refused", data: { words: pool[4] as string } };
  const socket = SOCKET.exec(line);
  if (socket) return { path: null, line: null, code: "php-fpm.socket", data: { socket: (socket[1] as string).split("/").pop() ?? "" } };
  if (NO_MEMORY.test(line)) return { path: null, line: null, code: "php-fpm.too_many_workers", data: {} };
  const version = NOT_INSTALLED.exec(line);
  if (version) return { path: version[2] as string, line: null, code: "php-fpm.version_missing", data: { version: version[1] as string } };
  return null;
}
