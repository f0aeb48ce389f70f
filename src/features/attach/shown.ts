/** How a look is shown: what is there today, what would change, what may be kept. */
import { shownOwner } from "../dns/index.js";
import type { Candidate, Group } from "./candidates.js";
import { isKept } from "./candidates.js";
import type { Look } from "./looks.js";

const GROUPS: Group[] = ["mail", "web", "other"];

/** What the page of a look draws. `ours`: our name servers. */
export function shownLook({ row, seen }: Look, ours: readonly string[], chosen: readonly string[] | null) {
  const { candidates } = seen;
  const exists = candidates.length > 0 || (seen.nameServers ?? []).length > 0;
  const shown = (one: Candidate) => ({ ...one, owner: shownOwner(one.name, row.name), checked: chosen ? chosen.includes(one.key) : isKept(one) });
  const values = (of: (one: Candidate) => boolean) => candidates.filter(of).map(({ value }) => value);
  return {
    exists,
    here: (seen.nameServers ?? []).some((server) => ours.includes(server)),
    today: {
      servers: seen.nameServers ?? [],
      mail: values(({ type }) => type === "MX"),
      web: values((one) => one.name === row.name && (one.type === "A" || one.type === "AAAA")),
      authorities: values(({ type }) => type === "CAA"),
    },
    hasMail: candidates.some(({ type }) => type === "MX"),
    hasWeb: candidates.some(({ group }) => group === "web"),
    groups: GROUPS.map((group) => ({ group, rows: candidates.filter((one) => one.group === group).map(shown) })).filter(({ rows }) => rows.length > 0),
  };
}
