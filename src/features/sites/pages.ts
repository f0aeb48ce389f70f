/** Data that the pages of sites draw. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import { listAccounts } from "../accounts/index.js";
import { findHost, phpVersionsOf } from "../hosts/index.js";
import { chipsOf } from "./chips.js";
import { mayReadLogs } from "./log-pages.js";
import { BIN_DAYS } from "./removal.js";
import { proxyTargets } from "./settings.js";
import { siteView } from "./shown.js";
import { getSite, listSites, type ShownSite } from "./sites.js";

const MAX_CHOICES = 500;
const KINDS = ["folder", "redirect", "proxy", "maintenance"] as const;
/** In the form that the sprite's builder reads. */
const KIND_LOOKS = {
  folder: { icon: "folder" },
  redirect: { icon: "arrow-forward-up" },
  proxy: { icon: "arrows-exchange" },
  maintenance: { icon: "tool" },
};
const STATUSES = [301, 302, 307, 308];
const HSTS = [0, 86_400, 15_768_000, 31_536_000];

export const siteKey = (request: FastifyRequest) => (request.params as { site: string }).site;
export const sitePath = ({ id }: { id: string }) => `/sites/${id}`;

/** The rows of a list, with their chips. */
async function listViews(request: FastifyRequest, rows: ShownSite[]) {
  const chips = await chipsOf(request.ctx.db, rows);
  return rows.map((site) => siteView(request, site, chips.get(site.id) ?? { state: "waiting" }));
}

/** Draws a list: of the account that the person looks at, of the one that the address names, or of all. */
export async function drawList(request: FastifyRequest, reply: FastifyReply, state: "live" | "bin") {
  const window = windowOf(request.query);
  const named = (request.query as { account?: string }).account;
  const accountId = named ?? request.person?.accountId;
  const list = await listSites(request.ctx, { ...window, state, ...(accountId ? { accountId } : {}) });
  const path = `${state === "bin" ? "/sites/bin" : "/sites"}${named ? `?account=${encodeURIComponent(named)}` : ""}`;
  const rows = await listViews(request, list.rows);
  return reply.page("sites/list", { list: pagedList({ ...list, rows }, window, path), bin: state === "bin", account: named, days: BIN_DAYS });
}

/** Draws the page of one site. */
export async function drawSite(request: FastifyRequest, reply: FastifyReply) {
  const site = await getSite(request.ctx, siteKey(request));
  const host = await findHost(request.ctx.db, site.account.webHostId);
  const chip = (await chipsOf(request.ctx.db, [site])).get(site.id) ?? { state: "waiting" as const };
  const view = siteView(request, site, chip, host?.httpsPort);
  const versions = [...new Set([...phpVersionsOf(host?.state), ...(site.phpVersion ? [site.phpVersion] : [])])];
  const exact = view.addresses.filter(({ wildcard }) => !wildcard);
  return reply.page("sites/site", {
    site: view,
    plan: site.account.plan,
    mayWrite: mayWrite(request, site.accountId),
    mayReadLogs: mayReadLogs(request, site.accountId) && site.state === "live" && site.kind !== "proxy",
    several: exact.length > 1,
    canonicals: [{ value: "", label: request.t("sites.canonical_none") }, ...exact.map(({ name, display }) => ({ value: name, label: display }))],
    versions: [...versions.map((value) => ({ value, label: `PHP ${value}` })), { value: "", label: request.t("sites.php_off") }],
    hsts: HSTS.map((value) => ({ value, label: request.t(`sites.hsts.${value}`) })),
    otherKinds: KINDS.filter((kind) => kind !== site.kind).map((kind) => ({ kind, ...KIND_LOOKS[kind], label: request.t(`sites.make.${kind}`) })),
  });
}

/** Draws the form of what a site shows: of its kind, or of the one that was chosen. */
export async function drawKind(request: FastifyRequest, reply: FastifyReply) {
  const site = await getSite(request.ctx, siteKey(request), "sites.write");
  const wanted = (request.body as { kind?: string } | undefined)?.kind ?? (request.query as { kind?: string }).kind;
  const kind = KINDS.find((one) => one === wanted) ?? site.kind;
  const targets = await proxyTargets(request.ctx);
  return reply.page("sites/kind", {
    site,
    kind,
    title: request.t(`sites.make.${kind}`),
    statuses: statuses(request),
    targets: targets.map(asOption),
    noTarget: targets.length === 0,
  });
}

/** Draws the form of a new site: one field first, the rest folded. */
export async function drawNew(request: FastifyRequest, reply: FastifyReply) {
  const typed = (request.body as { accountId?: string } | undefined)?.accountId;
  const wanted = typed ?? (request.query as { account?: string }).account ?? request.person?.accountId ?? undefined;
  const accounts = await writableAccounts(request);
  const account = accounts.find(({ id }) => id === wanted) ?? (accounts.length === 1 ? accounts[0] : undefined);
  const host = account && (await findHost(request.ctx.db, account.webHostId));
  const targets = await proxyTargets(request.ctx);
  return reply.page("sites/new", {
    account,
    accounts: accounts.map(({ id, name }) => ({ value: id, label: name })),
    versions: phpVersionsOf(host?.state).map((value) => ({ value, label: `PHP ${value}` })),
    kinds: KINDS.filter((kind) => kind !== "proxy" || targets.length > 0).map((kind) => ({
      value: kind,
      ...KIND_LOOKS[kind],
      label: request.t(`sites.kinds.${kind}`),
      text: request.t(`sites.kind_texts.${kind}`),
    })),
    statuses: statuses(request),
    targets: targets.map(asOption),
  });
}

/** Draws what a removal stops. */
export async function drawDelete(request: FastifyRequest, reply: FastifyReply) {
  const site = await getSite(request.ctx, siteKey(request), "sites.write");
  const consequences = [request.t("sites.counts.addresses", { count: site.addresses.length })];
  if (site.kind === "folder") consequences.push(request.t("sites.files_stay", { folder: site.folder ?? "" }));
  return reply.page("sites/delete", { site, consequences, undo: request.t("sites.remove_undo", { days: BIN_DAYS }) });
}

async function writableAccounts(request: FastifyRequest) {
  const ids = accountsWith(request.actor, "sites.write");
  const { rows } = await listAccounts(request.ctx, { take: MAX_CHOICES });
  return rows.filter(({ id, state }) => (ids === null || ids.includes(id)) && (state === "active" || (state === "suspended" && isAdmin(request.actor))));
}

function mayWrite(request: FastifyRequest, accountId: string): boolean {
  const ids = accountsWith(request.actor, "sites.write");
  return ids === null || ids.includes(accountId);
}

function statuses(request: FastifyRequest) {
  return STATUSES.map((value) => ({ value, label: request.t(`sites.statuses.${value}`) }));
}

function asOption(value: string) {
  return { value, label: value };
}
