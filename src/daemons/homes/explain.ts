/** What the driver of homes says. Pure. */
import type { DaemonFault } from "../../publish/contract.js";

const BLOCKED = /^(?:homes )?blocked ([0-9]+) (\S+) (.*)$/;
const ELSEWHERE = /^home elsewhere ([0-9]+) (\S+)$/;
const FAILED = /^home failed ([0-9]+) (.*)$/;

/** Turns the driver's words into faults; an unknown sentence is not guessed at. */
export function explain(output: string[]): DaemonFault[] {
  const faults: DaemonFault[] = [];
  for (const line of output) {
    const blocked = BLOCKED.exec(line);
    if (blocked) faults.push(fault(blocked[1] as string, "homes.folder_blocked", { reason: blocked[2] as string, folder: blocked[3] as string }));
    const elsewhere = ELSEWHERE.exec(line);
    if (elsewhere) faults.push(fault(elsewhere[1] as string, "homes.elsewhere", { path: elsewhere[2] as string }));
    const failed = FAILED.exec(line);
    if (failed) faults.push(fault(failed[1] as string, "homes.failed", { words: failed[2] as string }));
  }
  return faults;
}

function fault(account: string, code: string, data: Record<string, string>): DaemonFault {
  return { path: `accounts/${account}.list`, line: null, code, data };
}
