/** When each login was last used, as the machine tells it: lines `login <name> <epoch> <address> <protocol>` of its status. */
import { isIP } from "node:net";
import type { TransactionContext } from "../../core/context.js";

export interface SeenLogin {
  name: string;
  at: Date;
  from: string;
  by: string;
}

const PAGE = 200;
const PROTOCOLS = new Set(["ftp", "ftps", "sftp"]);

/** Reads the lines, the newest of each name; what is not written so is no login. */
export function parseSeen(lines: readonly (readonly [string, string])[], now: Date): SeenLogin[] {
  const newest = new Map<string, SeenLogin>();
  for (const [key, value] of lines) {
    if (key !== "login") continue;
    const [name = "", epoch = "", from = "", by = "", ...rest] = value.split(" ");
    if (rest.length > 0 || name === "" || !/^\d{1,11}$/.test(epoch) || isIP(from) === 0 || !PROTOCOLS.has(by)) continue;
    const at = new Date(Math.min(Number(epoch) * 1000, now.getTime()));
    const before = newest.get(name);
    if (!before || before.at < at) newest.set(name, { name, at, from: from.replace(/^::ffff:(?=\d+\.)/i, ""), by });
  }
  return [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Keeps what is newer than what is known. A login that the host does not serve is none of its business. */
export async function noteLogins(tx: TransactionContext, hostId: string, lines: readonly (readonly [string, string])[]): Promise<void> {
  const seen = parseSeen(lines, tx.clock.now());
  for (let start = 0; start < seen.length; start += PAGE) {
    const page = seen.slice(start, start + PAGE);
    const where = { name: { in: page.map(({ name }) => name) }, account: { filesHostId: hostId } };
    const rows = await tx.db.ftpLogin.findMany({ where, select: { id: true, name: true, lastLoginAt: true } });
    const known = new Map(rows.map((row) => [row.name, row]));
    for (const { name, at, from, by } of page) {
      const row = known.get(name);
      if (!row || (row.lastLoginAt !== null && row.lastLoginAt >= at)) continue;
      await tx.db.ftpLogin.update({ where: { id: row.id }, data: { lastLoginAt: at, lastLoginFrom: from, lastLoginBy: by } });
    }
  }
}
