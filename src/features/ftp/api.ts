/** Logins in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import { chipsOf } from "./chips.js";
import { changeDoor, type FtpDoor, listDoors } from "./host-settings.js";
import { addKey, removeKey } from "./login-keys.js";
import { type AddedLogin, addLogin, dropPassword, editLogin, getLogin, listLogins, type ShownLogin, setPassword } from "./logins.js";
import { releaseLogin, removeLogin, restoreLogin } from "./removal.js";
import { renameLogin } from "./renaming.js";
import {
  Done,
  HostParams,
  HostSettingsInput,
  HostSettingsOutput,
  KeyInput,
  KeyOutput,
  KeyParams,
  LoginChange,
  LoginInput,
  LoginOutput,
  LoginParams,
  LoginWithPassword,
  NameInput,
  PasswordInput,
} from "./schemas.js";
import { keyBody, loginBody } from "./shown.js";

const read = { access: { permission: "ftp.read" } } as const;
const write = { access: { permission: "ftp.write" } } as const;
const admin = { access: "admin" } as const;
const params = LoginParams;
const one = { 200: LoginOutput };
const Query = Type.Object({
  ...ListQuery.properties,
  account: Type.Optional(Type.String({ maxLength: 64 })),
  state: Type.Optional(Type.Union([Type.Literal("live"), Type.Literal("bin")])),
});
const keyOf = (request: FastifyRequest) => (request.params as { login: string }).login;

/** Mounts the routes of logins. */
export function ftpApi(app: FastifyInstance): void {
  app.get("/ftp-logins", { config: read, schema: { querystring: Query, response: { 200: listAnswer(LoginOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { account, state } = request.query as { account?: string; state?: "live" | "bin" };
    const { rows, total } = await listLogins(request.ctx, { ...window, ...(account && { accountId: account }), ...(state && { state }) });
    return listBody({ rows: await bodies(request, rows), total }, window);
  });
  app.post("/ftp-logins", { config: write, schema: { body: LoginInput, response: { 201: LoginWithPassword } } }, async (request, reply) => {
    const added = await addLogin(request.ctx, request.body as LoginInput);
    return reply.code(201).send(await withPassword(request, added));
  });
  app.get("/ftp-logins/:login", { config: read, schema: { params, response: one } }, async (request) => body(request, keyOf(request)));
  app.patch("/ftp-logins/:login", { config: write, schema: { params, body: LoginChange, response: one } }, async (request) => {
    const { id } = await editLogin(request.ctx, keyOf(request), request.body as LoginChange);
    return body(request, id);
  });
  app.put("/ftp-logins/:login/name", { config: write, schema: { params, body: NameInput, response: one } }, async (request) => {
    const { id } = await renameLogin(request.ctx, keyOf(request), request.body as NameInput);
    return body(request, id);
  });
  app.delete("/ftp-logins/:login", { config: write, schema: { params, response: one } }, async (request) => {
    const { id } = await removeLogin(request.ctx, keyOf(request));
    return body(request, id);
  });
  app.post("/ftp-logins/:login/restore", { config: write, schema: { params, response: one } }, async (request) => {
    const { id } = await restoreLogin(request.ctx, keyOf(request));
    return body(request, id);
  });
  app.post("/ftp-logins/:login/release", { config: write, schema: { params, response: { 200: Done } } }, async (request) => {
    await releaseLogin(request.ctx, keyOf(request));
    return { done: true };
  });
  mountCredentials(app);
  mountHosts(app);
}

function mountCredentials(app: FastifyInstance): void {
  app.put("/ftp-logins/:login/password", { config: write, schema: { params, body: PasswordInput, response: { 200: LoginWithPassword } } }, async (request) => {
    const changed = await setPassword(request.ctx, keyOf(request), (request.body as PasswordInput).password);
    return withPassword(request, changed);
  });
  app.delete("/ftp-logins/:login/password", { config: write, schema: { params, response: one } }, async (request) => {
    const { id } = await dropPassword(request.ctx, keyOf(request));
    return body(request, id);
  });
  app.post("/ftp-logins/:login/keys", { config: write, schema: { params, body: KeyInput, response: { 201: KeyOutput } } }, async (request, reply) => {
    const key = await addKey(request.ctx, keyOf(request), request.body as KeyInput);
    return reply.code(201).send(keyBody(key));
  });
  app.delete("/ftp-logins/:login/keys/:key", { config: write, schema: { params: KeyParams, response: one } }, async (request) => {
    const { id } = await removeKey(request.ctx, keyOf(request), (request.params as { key: string }).key);
    return body(request, id);
  });
}

function mountHosts(app: FastifyInstance): void {
  app.get("/ftp-hosts", { config: admin, schema: { response: { 200: Type.Array(HostSettingsOutput) } } }, async (request) =>
    (await listDoors(request.ctx.db)).map(doorBody),
  );
  app.put(
    "/ftp-hosts/:host",
    { config: admin, schema: { params: HostParams, body: HostSettingsInput, response: { 200: HostSettingsOutput } } },
    async (request) => doorBody(await changeDoor(request.ctx, (request.params as { host: string }).host, request.body as HostSettingsInput)),
  );
}

function doorBody({ hostId, hostName, name, publicName, oldNames, ports, plain, sshFingerprint, tlsFingerprint }: FtpDoor) {
  const host = { id: hostId, name: hostName };
  return { host, name, publicName, oldNames, ftpPort: ports.ftp, sftpPort: ports.sftp, plainFtp: plain, sshFingerprint, tlsFingerprint };
}

async function withPassword(request: FastifyRequest, { login, password }: AddedLogin) {
  return { login: await body(request, login.id), password: password?.reveal() ?? null };
}

async function body(request: FastifyRequest, key: string) {
  const [only] = await bodies(request, [await getLogin(request.ctx, key)]);
  return only;
}

async function bodies(request: FastifyRequest, logins: ShownLogin[]) {
  const chips = await chipsOf(request.ctx.db, logins);
  return logins.map((login) => loginBody(login, chips.get(login.id) ?? { state: "waiting" }));
}
