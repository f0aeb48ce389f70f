/** What the driver says of an account's logins. Pure. */
import type { DaemonFault } from "../../publish/contract.js";

const REFUSED = /^logins refused ([0-9]+) ([0-9]+)$/;
const TAKEN = /^login taken ([0-9]+) (\S+)$/;
const ELSEWHERE = /^login elsewhere ([0-9]+) (\S+)$/;
const NOT_STARTED = /^proftpd: (did not start|the base is refused|no host key)/;

/** Turns the driver's words into faults; an unknown sentence is not guessed at. */
export function explain(output: string[]): DaemonFault[] {
  return output.map(explainLine).filter((fault) => fault !== null);
}

function explainLine(line: string): DaemonFault | null {
  const refused = REFUSED.exec(line);
  if (refused) return fault(refused[1], "proftpd.refused", {}, Number(refused[2]));
  const taken = TAKEN.exec(line);
  if (taken) return fault(taken[1], "proftpd.taken", { name: taken[2] as string });
  const elsewhere = ELSEWHERE.exec(line);
  if (elsewhere) return fault(elsewhere[1], "proftpd.elsewhere", { name: elsewhere[2] as string });
  if (NOT_STARTED.test(line)) return { path: null, line: null, code: "proftpd.not_started", data: {} };
  return null;
}

function fault(account: string | undefined, code: string, data: Record<string, string>, line: number | null = null): DaemonFault {
  return { path: `accounts/${account}.logins`, line, code, data };
}
