/** Pages of accounts, for administrators. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { hostsWithRole } from "../hosts/index.js";
import { addAccount, editAccount, getAccount, listAccounts } from "./accounts.js";
import { listMembers, removeMember, setMember } from "./members.js";
import { awaitOffline, messageOf, readStillOnline } from "./offline.js";
import { planPages } from "./plan-routes.js";
import { listPlans } from "./plans.js";
import { AccountForm, AccountInput, MemberInput, Nothing, RemoveInput, SuspendInput } from "./schemas.js";
import { BIN_DAYS, countConsequences, removeAccount, restoreAccount, resumeAccount, suspendAccount } from "./states.js";

const config = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { account: string }).account;
const pageOf = (request: FastifyRequest) => `/accounts/${encodeURIComponent(idOf(request))}`;

/** Mounts the pages. */
export function accountPages(app: FastifyInstance, services: Services): void {
  app.get("/accounts", { config }, (request, reply) => drawList(request, reply));
  app.get("/accounts/suspended", { config }, (request, reply) => drawList(request, reply, "suspended"));
  app.get("/accounts/bin", { config }, (request, reply) => drawList(request, reply, "removed"));
  app.get("/accounts/new", { config }, drawNew);
  app.post("/accounts", { config }, form({ schema: AccountInput, act: create, again: drawNew }));
  app.get("/accounts/:account", { config }, draw);
  app.post(
    "/accounts/:account",
    {
      config,
    },
    form({
      schema: AccountForm,
      async act(ctx, input, request) {
        await editAccount(ctx, idOf(request), input);
        return { to: pageOf(request), says: "shell.saved" };
      },
      again: draw,
    }),
  );
  mountStates(app, services);
  mountMembers(app);
  planPages(app);
}

async function create(ctx: FastifyRequest["ctx"], input: AccountInput, _request: FastifyRequest, reply: FastifyReply) {
  const { account, password } = await addAccount(ctx, input);
  if (!password) return { to: `/accounts/${account.id}`, says: "accounts.added", data: { name: account.name } };
  // Shown in the answer itself and never again: nothing keeps it.
  return reply.page("accounts/added", { account, login: input.ownerLogin, password: password.reveal() });
}

function mountStates(app: FastifyInstance, services: Services): void {
  app.get("/accounts/:account/suspend", { config }, drawSuspend);
  app.post(
    "/accounts/:account/suspend",
    { config },
    form({
      schema: SuspendInput,
      async act(ctx, { reason }, request) {
        const account = await suspendAccount(ctx, idOf(request), reason);
        await awaitOffline(services, account);
        return { to: pageOf(request), says: "accounts.suspended", data: { name: account.name } };
      },
      again: drawSuspend,
    }),
  );
  app.post(
    "/accounts/:account/resume",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { name } = await resumeAccount(ctx, idOf(request));
        return { to: pageOf(request), says: "accounts.resumed", data: { name } };
      },
      again: draw,
    }),
  );
  app.get("/accounts/:account/delete", { config }, drawDelete);
  app.post(
    "/accounts/:account/delete",
    { config },
    form({
      schema: RemoveInput,
      async act(ctx, { days }, request) {
        const account = await removeAccount(ctx, idOf(request), days);
        await awaitOffline(services, account);
        return { to: pageOf(request), says: "accounts.removed", data: { name: account.name } };
      },
      again: drawDelete,
    }),
  );
  app.post(
    "/accounts/:account/restore",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { name } = await restoreAccount(ctx, idOf(request));
        return { to: pageOf(request), says: "accounts.restored", data: { name } };
      },
      again: draw,
    }),
  );
}

function mountMembers(app: FastifyInstance): void {
  app.post(
    "/accounts/:account/members",
    { config },
    form({
      schema: MemberInput,
      async act(ctx, input, request) {
        await setMember(ctx, idOf(request), input);
        return { to: pageOf(request), says: "shell.saved" };
      },
      again: draw,
    }),
  );
  app.post(
    "/accounts/:account/members/:user/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeMember(ctx, idOf(request), (request.params as { user: string }).user);
        return { to: pageOf(request), says: "shell.saved" };
      },
      again: draw,
    }),
  );
}

async function drawList(request: FastifyRequest, reply: FastifyReply, state?: "suspended" | "removed") {
  const window = windowOf(request.query);
  const list = await listAccounts(request.ctx, { ...window, ...(state ? { state } : {}) });
  const path = { suspended: "/accounts/suspended", removed: "/accounts/bin", all: "/accounts" }[state ?? "all"];
  return reply.page("accounts/list", { list: pagedList(list, window, path), state });
}

async function draw(request: FastifyRequest, reply: FastifyReply) {
  const account = await getAccount(request.ctx, idOf(request));
  const plans = await listPlans(request.ctx);
  const roles = ["owner", "webmaster", "mail", "reader"].map((value) => ({ value, label: request.t(`accounts.roles.${value}`) }));
  const members = (await listMembers(request.ctx, account.id)).map((member) => ({
    ...member,
    roleLabel: request.t(`accounts.roles.${member.role}`),
    remove: `/accounts/${account.id}/members/${member.userId}/delete`,
  }));
  const plan = plans.map(({ id, name }) => ({ value: id, label: name }));
  const several = (await hostsWithRole(request.ctx.db, "web")).length > 1;
  const online = await readStillOnline(request.ctx, account);
  const notice = online && { ...online, kind: online.held > 0 ? "bad" : "wait", text: request.t(`accounts.online.${messageOf(online)}`, { ...online }) };
  return reply.page("accounts/account", { account, online: notice, members, roles, several, plans: plan, counts: await counts(request, account.id) });
}

async function drawNew(request: FastifyRequest, reply: FastifyReply) {
  const options = (rows: { id: string; name: string }[]) => rows.map(({ id, name }) => ({ value: id, label: name }));
  const plans = await listPlans(request.ctx);
  const web = await hostsWithRole(request.ctx.db, "web");
  const files = await hostsWithRole(request.ctx.db, "files");
  const chosen = plans.find(({ isDefault }) => isDefault)?.id;
  const several = web.length > 1 || files.length > 1;
  return reply.page("accounts/new", {
    plans: options(plans),
    plan: chosen,
    web: options(web),
    files: options(files),
    several,
    ready: web.length > 0 && files.length > 0,
  });
}

async function drawSuspend(request: FastifyRequest, reply: FastifyReply) {
  return reply.page("accounts/suspend", { account: await getAccount(request.ctx, idOf(request)) });
}

async function drawDelete(request: FastifyRequest, reply: FastifyReply) {
  const account = await getAccount(request.ctx, idOf(request));
  return reply.page("accounts/delete", { account, consequences: await counts(request, account.id), days: BIN_DAYS });
}

async function counts(request: FastifyRequest, accountId: string): Promise<string[]> {
  return (await countConsequences(request.ctx, accountId)).map(({ key, count }) => request.t(`accounts.counts.${key}`, { count }));
}
