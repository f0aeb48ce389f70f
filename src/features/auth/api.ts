/** People in the JSON API: oneself, and everyone for administrators. The same acts as the pages. */
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { forbidden } from "../../core/errors.js";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import { changePassword, changeProfile, getProfile } from "./profile.js";
import { requireProof } from "./proof.js";
import {
  NewTokenOutput,
  PasswordInput,
  ProfileInput,
  ProfileOutput,
  ProofInput,
  SessionOutput,
  SessionParams,
  TokenInput,
  TokenOutput,
  TokenParams,
  UserChange,
  UserInput,
  UserOutput,
  UserParams,
  UserWithPassword,
} from "./schemas.js";
import { endOwnSession, listSessions } from "./sessions.js";
import { addToken, listTokens, revokeToken } from "./tokens.js";
import { addUser, changeUser, disableUser, enableUser, getUser, isSecurityChange, listUsers, normaliseEmail, renewPassword } from "./users.js";

const own = { access: "user" as const };
const admin = { access: "admin" as const };
const Done = Type.Null();

/** Adds the routes below /api/v1. */
export function addApi(app: FastifyInstance): void {
  addOwnApi(app);
  addUsersApi(app);
}

/** A key must not be able to lock its owner out. */
function requireBrowser(request: FastifyRequest): void {
  if (!request.person?.sessionId) throw forbidden("auth.needs_browser");
}

function addOwnApi(instance: FastifyInstance): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  app.get("/profile", { config: own, schema: { response: { 200: ProfileOutput } } }, async (request) => getProfile(request.ctx));
  app.put("/profile", { config: own, schema: { body: ProfileInput, response: { 200: ProfileOutput } } }, async (request) => {
    requireBrowser(request);
    if ((await getProfile(request.ctx)).email !== normaliseEmail(request.body.email)) await requireProof(request, request.body.proof);
    return changeProfile(request.ctx, request.body);
  });
  app.put("/profile/password", { config: own, schema: { body: PasswordInput, response: { 204: Done } } }, async (request, reply) => {
    requireBrowser(request);
    await changePassword(request.ctx, request.body, request.person?.sessionId ?? null);
    return reply.code(204).send(null);
  });
  app.get("/profile/sessions", { config: own, schema: { response: { 200: Type.Array(SessionOutput) } } }, async (request) => {
    const sessions = await listSessions(request.ctx);
    return sessions.map((session) => ({ ...session, current: session.id === request.person?.sessionId })) as never;
  });
  app.delete("/profile/sessions/:session", { config: own, schema: { params: SessionParams, response: { 204: Done } } }, async (request, reply) => {
    requireBrowser(request);
    await endOwnSession(request.ctx, request.params.session);
    return reply.code(204).send(null);
  });
  app.get(
    "/profile/tokens",
    { config: own, schema: { response: { 200: Type.Array(TokenOutput) } } },
    async (request) => (await listTokens(request.ctx)) as never,
  );
  app.post("/profile/tokens", { config: own, schema: { body: TokenInput, response: { 201: NewTokenOutput } } }, async (request, reply) => {
    // A key must not be able to make others.
    await requireProof(request, request.body.proof);
    const { token, secret } = await addToken(request.ctx, request.body);
    return reply.code(201).send({ token, secret: secret.reveal() } as never);
  });
  app.delete("/profile/tokens/:token", { config: own, schema: { params: TokenParams, response: { 204: Done } } }, async (request, reply) => {
    requireBrowser(request);
    await revokeToken(request.ctx, request.params.token);
    return reply.code(204).send(null);
  });
}

function addUsersApi(instance: FastifyInstance): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  app.get("/users", { config: admin, schema: { querystring: ListQuery, response: { 200: listAnswer(UserOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    return listBody(await listUsers(request.ctx, window), window) as never;
  });
  app.post("/users", { config: admin, schema: { body: UserInput, response: { 201: UserWithPassword } } }, async (request, reply) => {
    // A stolen key would otherwise leave an administrator of its own behind.
    if (request.body.admin) await requireProof(request, request.body.proof);
    const { user, password } = await addUser(request.ctx, request.body);
    return reply.code(201).send({ user, password: password.reveal() } as never);
  });
  const one = { params: UserParams, response: { 200: UserOutput } };
  app.get("/users/:user", { config: admin, schema: one }, async (request) => (await getUser(request.ctx, request.params.user)) as never);
  app.put("/users/:user", { config: admin, schema: { ...one, body: UserChange } }, async (request) => {
    if (await isSecurityChange(request.ctx, request.params.user, request.body)) await requireProof(request, request.body.proof);
    return (await changeUser(request.ctx, request.params.user, request.body)) as never;
  });
  app.post("/users/:user/disable", { config: admin, schema: one }, async (request) => (await disableUser(request.ctx, request.params.user)) as never);
  app.post("/users/:user/enable", { config: admin, schema: one }, async (request) => (await enableUser(request.ctx, request.params.user)) as never);
  const password = { params: UserParams, body: Type.Union([ProofInput, Type.Null()]), response: { 200: UserWithPassword } };
  app.post("/users/:user/password", { config: admin, schema: password }, async (request) => {
    await requireProof(request, request.body?.proof);
    const { user, password } = await renewPassword(request.ctx, request.params.user);
    return { user, password: password.reveal() } as never;
  });
}
