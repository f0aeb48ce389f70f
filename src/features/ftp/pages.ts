/** Data that the pages of logins draw. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import { listAccounts } from "../accounts/index.js";
import { listSites } from "../sites/index.js";
import { chipsOf } from "./chips.js";
import { LIFETIMES } from "./expiry.js";
import { findDoor } from "./host-settings.js";
import { isPrivateKey } from "./keys.js";
import { getLogin, listLogins, type ShownLogin } from "./logins.js";
import { shownName } from "./names.js";
import { freeNameOf } from "./naming.js";
import { BIN_DAYS } from "./removal.js";
import { nextName } from "./renaming.js";
import { loginView } from "./shown.js";

const MAX_CHOICES = 500;
const MAX_FOLDERS = 200;

export const loginKey = (request: FastifyRequest) => (request.params as { login: string }).login;
export const loginPath = ({ id }: { id: string }) => `/ftp-logins/${id}`;

/** Draws a list: of the account that the person looks at, of the one that the address names, or of all. */
export async function drawList(request: FastifyRequest, reply: FastifyReply, state: "live" | "bin") {
  const window = windowOf(request.query);
  const named = (request.query as { account?: string }).account;
  const accountId = named ?? request.person?.accountId;
  const list = await listLogins(request.ctx, { ...window, state, ...(accountId ? { accountId } : {}) });
  const path = `${state === "bin" ? "/ftp-logins/bin" : "/ftp-logins"}${named ? `?account=${encodeURIComponent(named)}` : ""}`;
  const rows = await views(request, list.rows);
  return reply.page("ftp/list", {
    list: pagedList({ ...list, rows }, window, path),
    bin: state === "bin",
    account: named,
    days: BIN_DAYS,
    mayAdd: accountsWith(request.actor, "ftp.write")?.length !== 0,
  });
}

/** Draws the page of one login. */
export async function drawLogin(request: FastifyRequest, reply: FastifyReply) {
  const login = await getLogin(request.ctx, loginKey(request));
  forgetPrivateKey(request);
  const [view] = await views(request, [login]);
  return reply.page("ftp/login", {
    login: view,
    door: await findDoor(request.ctx.db, login.account.filesHostId),
    mayWrite: mayWrite(request, login.accountId),
    nextName: login.nameUntil && (await nextName(request.ctx, login)),
    folders: await foldersOf(request, login.accountId),
    ends: endsOf(request, login.expiresAt !== null),
    hasKeys: login.keys.length > 0,
    onlyKey: login.hash === null && login.keys.length === 1,
  });
}

/** Draws the form of a new login: one field first, the rest folded. */
export async function drawNew(request: FastifyRequest, reply: FastifyReply) {
  forgetPrivateKey(request);
  const typed = (request.body as { accountId?: string } | undefined)?.accountId;
  const wanted = typed ?? (request.query as { account?: string }).account ?? request.person?.accountId ?? undefined;
  const accounts = await writableAccounts(request);
  const account = accounts.find(({ id }) => id === wanted) ?? (accounts.length === 1 ? accounts[0] : undefined);
  return reply.page("ftp/new", {
    account,
    accounts: accounts.map(({ id, name }) => ({ value: id, label: name })),
    proposed: account && (await freeNameOf(request.ctx, account)),
    login: account?.login,
    folders: account ? await foldersOf(request, account.id) : [],
    ends: endsOf(request, false),
  });
}

/** Draws what is told once: the password that was made, with where it opens. */
export async function drawPassword(request: FastifyRequest, reply: FastifyReply, id: string, password: string, fresh: boolean) {
  const login = await getLogin(request.ctx, id);
  return reply.page("ftp/password", {
    login,
    display: shownName(login.name),
    password,
    fresh,
    door: await findDoor(request.ctx.db, login.account.filesHostId),
  });
}

/** Draws what a removal stops. */
export async function drawDelete(request: FastifyRequest, reply: FastifyReply) {
  const login = await getLogin(request.ctx, loginKey(request), "ftp.write");
  const consequences = [request.t("ftp.counts.programs"), request.t("ftp.counts.files_stay")];
  return reply.page("ftp/delete", {
    login: { ...login, display: shownName(login.name) },
    consequences,
    undo: request.t("ftp.remove_undo", { days: BIN_DAYS }),
  });
}

async function views(request: FastifyRequest, rows: ShownLogin[]) {
  const chips = await chipsOf(request.ctx.db, rows);
  return rows.map((login) => loginView(request, login, chips.get(login.id) ?? { state: "waiting" }, request.ctx.clock.now()));
}

/** Folders that sites use: what one would most likely give a webmaster. */
async function foldersOf(request: FastifyRequest, accountId: string): Promise<string[]> {
  const { rows } = await listSites(request.ctx, { accountId, state: "live", take: MAX_FOLDERS });
  return [...new Set(rows.flatMap(({ folder, kind }) => (kind === "folder" && folder ? [folder] : [])))].sort();
}

function endsOf(request: FastifyRequest, ends: boolean) {
  return [
    ...(ends ? [{ value: "keep", label: request.t("ftp.ends.keep") }] : []),
    { value: "never", label: request.t("ftp.ends.never") },
    ...LIFETIMES.map((days) => ({ value: String(days), label: request.t("ftp.ends.days", { days }) })),
    { value: "on", label: request.t("ftp.ends.on") },
  ];
}

/** A private key that was pasted by mistake is not sent back to the screen. */
function forgetPrivateKey(request: FastifyRequest): void {
  const values = request.formState?.values;
  const typed = values?.["key"];
  if (values && typeof typed === "string" && isPrivateKey(typed)) values["key"] = "";
}

async function writableAccounts(request: FastifyRequest) {
  const ids = accountsWith(request.actor, "ftp.write");
  const { rows } = await listAccounts(request.ctx, { take: MAX_CHOICES });
  return rows.filter(({ id, state }) => (ids === null || ids.includes(id)) && (state === "active" || (state === "suspended" && isAdmin(request.actor))));
}

function mayWrite(request: FastifyRequest, accountId: string): boolean {
  const ids = accountsWith(request.actor, "ftp.write");
  return ids === null || ids.includes(accountId);
}
