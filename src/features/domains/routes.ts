/** Pages of domains. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { getAccount, listAccounts } from "../accounts/index.js";
import { releasesOf } from "./bodies.js";
import { holderOf } from "./claims.js";
import { addDomain, BIN_DAYS, countOnDomain, getDomain, listDomains, releaseDomain, removeDomain, restoreDomain } from "./domains.js";
import { marksOf } from "./marks.js";
import { namePages } from "./name-routes.js";
import { displayName, parseName } from "./names.js";
import { writePolicy } from "./policy.js";
import { DomainInput, Nothing } from "./schemas.js";

const read = { access: { permission: "domains.read" } } as const;
const write = { access: { permission: "domains.write" } } as const;
const MAX_CHOICES = 500;
const keyOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;

/** Mounts the pages; writes down what the environment says of names, so that acts read it in their transaction. */
export async function domainPages(app: FastifyInstance, services: Services): Promise<void> {
  await writePolicy(services.db, { localNames: services.env.mode !== "production", panelNames: services.env.ownNames });
  app.get("/domains", { config: read }, (request, reply) => drawList(request, reply, services, "live"));
  app.get("/domains/bin", { config: read }, (request, reply) => drawList(request, reply, services, "bin"));
  app.get("/domains/new", { config: write }, drawNew);
  app.post(
    "/domains",
    { config: write },
    form({
      schema: DomainInput,
      async act(ctx, input) {
        const { id, name } = await addDomain(ctx, input);
        return { to: `/domains/${id}`, says: "domains.added", data: { name: displayName(name) } };
      },
      again: drawNew,
    }),
  );
  app.get("/domains/:domain", { config: read }, (request, reply) => draw(request, reply, services));
  app.get("/domains/:domain/delete", { config: write }, drawDelete);
  app.post(
    "/domains/:domain/delete",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { id, name } = await removeDomain(ctx, keyOf(request));
        return { to: `/domains/${id}`, says: "domains.removed", data: { name: displayName(name) } };
      },
      again: drawDelete,
    }),
  );
  app.post(
    "/domains/:domain/restore",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { id, name } = await restoreDomain(ctx, keyOf(request));
        return { to: `/domains/${id}`, says: "domains.restored", data: { name: displayName(name) } };
      },
      again: (request, reply) => draw(request, reply, services),
    }),
  );
  app.post(
    "/domains/:domain/release",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await releaseDomain(ctx, keyOf(request));
        return { to: "/domains", says: "domains.released" };
      },
      again: (request, reply) => draw(request, reply, services),
    }),
  );
  namePages(app);
}

async function drawList(request: FastifyRequest, reply: FastifyReply, services: Services, state: "live" | "bin") {
  const window = windowOf(request.query);
  const named = (request.query as { account?: string }).account;
  const accountId = named ?? request.person?.accountId;
  const list = await listDomains(request.ctx, { ...window, state, ...(accountId ? { accountId } : {}) });
  const releases = await releasesOf(
    request.ctx.db,
    list.rows.map(({ name }) => name),
  );
  const ids = list.rows.map(({ id }) => id);
  const marks = state === "live" ? await marksOf(services.features, request.ctx.db, ids) : new Map();
  const rows = list.rows.map((row) => ({ ...row, display: displayName(row.name), releaseAt: releases.get(row.name), marks: marks.get(row.id) }));
  const path = `${state === "bin" ? "/domains/bin" : "/domains"}${named ? `?account=${encodeURIComponent(named)}` : ""}`;
  return reply.page("domains/list", { list: pagedList({ ...list, rows }, window, path), bin: state === "bin" });
}

/** Draws the page of the one field; a name that somebody else stands in the way of can be asked for. */
export async function drawNew(request: FastifyRequest, reply: FastifyReply) {
  const { accountId: typed, name: typedName } = (request.body ?? {}) as { accountId?: string; name?: string };
  const wanted = typed ?? (request.query as { account?: string }).account ?? request.person?.accountId;
  const ids = accountsWith(request.actor, "domains.write");
  const { rows } = await listAccounts(request.ctx, { take: MAX_CHOICES });
  const accounts = rows.filter(({ id, state }) => state !== "removed" && (ids === null || ids.includes(id)));
  const account = accounts.find(({ id }) => id === wanted) ?? (accounts.length === 1 ? accounts[0] : undefined);
  const name = parseName(String(typedName ?? ""));
  const holder = account && name ? await holderOf(request.ctx.db, account.id, name) : null;
  return reply.page("domains/new", {
    account,
    ask: holder && { name, kind: holder.kind },
    accounts: accounts.map(({ id, name }) => ({ value: id, label: name })),
  });
}

async function draw(request: FastifyRequest, reply: FastifyReply, services: Services) {
  const domain = await getDomain(request.ctx, keyOf(request));
  const account = await getAccount(request.ctx, domain.accountId);
  const ids = accountsWith(request.actor, "domains.write");
  const display = displayName(domain.name);
  return reply.page("domains/domain", {
    domain: { ...domain, display, encoded: display !== domain.name, bin: domain.state === "bin" },
    account,
    releaseAt: (await releasesOf(request.ctx.db, [domain.name])).get(domain.name),
    mayWrite: ids === null || ids.includes(domain.accountId),
    mayGive: isAdmin(request.actor) || (request.actor.kind === "user" && request.actor.memberships.get(domain.accountId) === "owner"),
    marks: (await marksOf(services.features, request.ctx.db, [domain.id])).get(domain.id),
    counts: await counts(request, domain.id),
  });
}

async function drawDelete(request: FastifyRequest, reply: FastifyReply) {
  const domain = await getDomain(request.ctx, keyOf(request));
  const consequences = await counts(request, domain.id);
  const undo = request.t("domains.remove_undo", { days: BIN_DAYS });
  return reply.page("domains/delete", { domain: { ...domain, display: displayName(domain.name) }, consequences, undo });
}

async function counts(request: FastifyRequest, key: string): Promise<string[]> {
  return (await countOnDomain(request.ctx, key)).map(({ key: what, count }) => request.t(`domains.counts.${what}`, { count }));
}
