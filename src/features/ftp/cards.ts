/** "How do I upload?" on a member's first page: what to type into a program, or the button that makes the first login. */
import type { Context } from "../../core/context.js";
import type { HomeCard, HomeCardContent } from "../../core/feature.js";
import { accountsWith } from "../../core/ownership.js";
import { type Chip, worstChip } from "../../publish/index.js";
import { listAccounts } from "../accounts/index.js";
import { hostsServing } from "../hosts/index.js";
import { chipsOf, type LoginChip } from "./chips.js";
import { findDoor } from "./host-settings.js";
import { listLogins } from "./logins.js";
import { shownName } from "./names.js";
import { shutReason } from "./shown.js";

const SHOWN = 5;
const MAX_LOOKED_AT = 500;

export const ftpHomeCards: HomeCard[] = [{ audience: "member", position: 12, permission: "ftp.read", view: "ftp/card", load }];

async function load(ctx: Context, accountId: string | null): Promise<HomeCardContent | null> {
  const { rows, total } = await listLogins(ctx, { state: "live", take: MAX_LOOKED_AT, ...(accountId ? { accountId } : {}) });
  if (rows.length === 0) return offer(ctx, accountId);
  const chips = await chipsOf(ctx.db, rows);
  const chipOf = (id: string): LoginChip => chips.get(id) ?? { state: "waiting" };
  const served = rows.map(({ id }) => chipOf(id)).filter((chip): chip is Chip => chip.state !== "noDaemon");
  // A name that somebody else wants is for its people to read, before it changes by itself.
  const asked = rows.filter(({ nameUntil }) => nameUntil !== null).map(({ id, name }) => ({ id, name: shownName(name) }));
  const worst = served.length > 0 ? worstChip(served).state : "verified";
  const state = asked.length > 0 && worst !== "failed" ? "held" : worst;
  const accounts = new Set(rows.map((login) => login.accountId));
  // Those that open come first: what the card says to type must work.
  const now = ctx.clock.now();
  const [first] = [...rows].sort((a, b) => Number(shutReason(a, now) !== null) - Number(shutReason(b, now) !== null));
  if (accounts.size === 1 && first && shutReason(first, now) === null) {
    const { id, name, hash } = first;
    const login = { id, name, display: shownName(name), hasPassword: hash !== null, state: chipOf(id).state };
    const mayWrite = accountsWith(ctx.actor, "ftp.write")?.includes(first.accountId) ?? true;
    return { data: { login, mayWrite, accountId: first.accountId, door: await findDoor(ctx.db, first.account.filesHostId), asked, total }, state };
  }
  const logins = rows.slice(0, SHOWN).map((login) => {
    const shut = shutReason(login, now);
    const { state } = chipOf(login.id);
    return {
      id: login.id,
      name: shownName(login.name),
      account: accounts.size > 1 ? login.account.name : null,
      shut,
      state: state === "noDaemon" ? "held" : state,
    };
  });
  return { data: { logins, asked, total }, state };
}

/** Nobody has a login yet: offered to those who may make one, where a machine would open it. */
async function offer(ctx: Context, accountId: string | null): Promise<HomeCardContent | null> {
  const own = accountsWith(ctx.actor, "ftp.write");
  const { rows } = await listAccounts(ctx, { state: "active", take: MAX_LOOKED_AT });
  const served = new Set((await hostsServing(ctx.db, "ftp")).map(({ id }) => id));
  const may = rows.filter(({ id, filesHostId }) => (accountId === null || id === accountId) && (own === null || own.includes(id)) && served.has(filesHostId));
  return may.length > 0 ? { data: { total: 0 } } : null;
}
