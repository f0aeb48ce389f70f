/** Accounts, members and plans in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { addAccount, editAccount, getAccount, listAccounts } from "./accounts.js";
import { accountBody, planBody } from "./bodies.js";
import { listMembers, removeMember, setMember } from "./members.js";
import { awaitOffline, messageOf, readStillOnline } from "./offline.js";
import { addPlan, editPlan, getPlan, listPlans, makeDefaultPlan, removePlan } from "./plans.js";
import {
  AccountChange,
  AccountInput,
  AccountOutput,
  AccountParams,
  Done,
  MemberInput,
  MemberParams,
  MembershipOutput,
  NewAccountOutput,
  OneAccountOutput,
  PlanInput,
  PlanOutput,
  PlanParams,
  RemoveInput,
  SuspendInput,
} from "./schemas.js";
import { removeAccount, restoreAccount, resumeAccount, suspendAccount } from "./states.js";

const admin = { access: "admin" } as const;
const reader = { access: { permission: "accounts.read" } } as const;
const answer = { 200: OneAccountOutput };
const accountOf = (request: { params: unknown }) => (request.params as { account: string }).account;
const planOf = (request: { params: unknown }) => (request.params as { plan: string }).plan;

/** Mounts the routes of accounts and plans. */
export function accountApi(app: FastifyInstance, services: Services): void {
  app.get("/accounts", { config: reader, schema: { querystring: ListQuery, response: { 200: listAnswer(AccountOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listAccounts(request.ctx, window);
    return listBody({ rows: rows.map(accountBody), total }, window);
  });
  app.post("/accounts", { config: admin, schema: { body: AccountInput, response: { 201: NewAccountOutput } } }, async (request, reply) => {
    const { account, password } = await addAccount(request.ctx, request.body as AccountInput);
    return reply.code(201).send({ account: accountBody(await getAccount(request.ctx, account.id)), ownerPassword: password?.reveal() ?? null });
  });
  app.get("/accounts/:account", { config: reader, schema: { params: AccountParams, response: answer } }, async (request) => bodyOf(request));
  app.patch("/accounts/:account", { config: admin, schema: { params: AccountParams, body: AccountChange, response: answer } }, async (request) => {
    await editAccount(request.ctx, accountOf(request), request.body as AccountChange);
    return bodyOf(request);
  });
  app.delete("/accounts/:account", { config: admin, schema: { params: AccountParams, querystring: RemoveInput, response: answer } }, async (request) => {
    await awaitOffline(services, await removeAccount(request.ctx, accountOf(request), (request.query as RemoveInput).days));
    return bodyOf(request);
  });
  app.post("/accounts/:account/suspend", { config: admin, schema: { params: AccountParams, body: SuspendInput, response: answer } }, async (request) => {
    await awaitOffline(services, await suspendAccount(request.ctx, accountOf(request), (request.body as SuspendInput).reason));
    return bodyOf(request);
  });
  app.post("/accounts/:account/resume", { config: admin, schema: { params: AccountParams, response: answer } }, async (request) => {
    await resumeAccount(request.ctx, accountOf(request));
    return bodyOf(request);
  });
  app.post("/accounts/:account/restore", { config: admin, schema: { params: AccountParams, response: answer } }, async (request) => {
    await restoreAccount(request.ctx, accountOf(request));
    return bodyOf(request);
  });
  mountMembers(app);
  mountPlans(app);
}

async function bodyOf(request: FastifyRequest) {
  const account = await getAccount(request.ctx, accountOf(request));
  const online = await readStillOnline(request.ctx, account);
  return { ...accountBody(account), stillOnline: online && { ...online, message: request.t(`accounts.online.${messageOf(online)}`, { ...online }) } };
}

function mountMembers(app: FastifyInstance): void {
  const list = { 200: Type.Array(MembershipOutput) };
  app.get("/accounts/:account/members", { config: reader, schema: { params: AccountParams, response: list } }, async (request) => {
    const rows = await listMembers(request.ctx, accountOf(request));
    return rows.map(({ userId, role, user }) => ({ userId, role, login: user.login, name: user.name }));
  });
  app.post("/accounts/:account/members", { config: admin, schema: { params: AccountParams, body: MemberInput, response: { 200: Done } } }, async (request) => {
    await setMember(request.ctx, accountOf(request), request.body as MemberInput);
    return { done: true };
  });
  app.delete("/accounts/:account/members/:user", { config: admin, schema: { params: MemberParams, response: { 200: Done } } }, async (request) => {
    await removeMember(request.ctx, accountOf(request), (request.params as { user: string }).user);
    return { done: true };
  });
}

function mountPlans(app: FastifyInstance): void {
  const one = { 200: PlanOutput };
  app.get("/plans", { config: admin, schema: { response: { 200: Type.Array(PlanOutput) } } }, async (request) => (await listPlans(request.ctx)).map(planBody));
  app.post("/plans", { config: admin, schema: { body: PlanInput, response: { 201: PlanOutput } } }, async (request, reply) =>
    reply.code(201).send(planBody(await addPlan(request.ctx, request.body as PlanInput))),
  );
  app.get("/plans/:plan", { config: admin, schema: { params: PlanParams, response: one } }, async (request) =>
    planBody(await getPlan(request.ctx, planOf(request))),
  );
  app.put("/plans/:plan", { config: admin, schema: { params: PlanParams, body: PlanInput, response: one } }, async (request) =>
    planBody(await editPlan(request.ctx, planOf(request), request.body as PlanInput)),
  );
  app.post("/plans/:plan/default", { config: admin, schema: { params: PlanParams, response: one } }, async (request) =>
    planBody(await makeDefaultPlan(request.ctx, planOf(request))),
  );
  app.delete("/plans/:plan", { config: admin, schema: { params: PlanParams, response: { 200: Done } } }, async (request) => {
    await removePlan(request.ctx, planOf(request));
    return { done: true };
  });
}
