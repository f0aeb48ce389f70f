/** Pages of logins. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { refreshHost } from "../hosts/index.js";
import { clientPages } from "./client-routes.js";
import { AccessForm, endOf, NewLoginForm } from "./forms.js";
import { hostPages } from "./host-routes.js";
import { addKey, removeKey } from "./login-keys.js";
import { addLogin, dropPassword, editLogin, getLogin, setPassword } from "./logins.js";
import { shownName } from "./names.js";
import { drawDelete, drawList, drawLogin, drawNew, drawPassword, loginKey, loginPath } from "./pages.js";
import { releaseLogin, removeLogin, restoreLogin } from "./removal.js";
import { renameLogin } from "./renaming.js";
import { KeyInput, NameInput, Nothing, PasswordInput } from "./schemas.js";
import { streamChips } from "./stream.js";

const FRESH = { olderThanSeconds: 60, patienceMs: 300 };
const read = { access: { permission: "ftp.read" } } as const;
const write = { access: { permission: "ftp.write" } } as const;
const keyId = (request: FastifyRequest) => (request.params as { key: string }).key;

/** Mounts the pages of logins and of their hosts. */
export function ftpPages(app: FastifyInstance, services: Services): void {
  app.get("/ftp-logins", { config: read }, (request, reply) => drawList(request, reply, "live"));
  app.get("/ftp-logins/bin", { config: read }, (request, reply) => drawList(request, reply, "bin"));
  app.get("/ftp-logins/new", { config: write }, drawNew);
  app.get("/ftp-logins/stream", { config: read }, (request, reply) => streamChips(request, reply, publisherOf(services).events));
  app.get("/ftp-logins/:login", { config: read }, async (request, reply) => {
    // Who was here last is told by the machine: asked for anew, unless somebody just did, and not waited for.
    const { account } = await getLogin(request.ctx, loginKey(request));
    await refreshHost(services.context({ kind: "system", name: "ftp" }), services.env, account.filesHostId, FRESH);
    return drawLogin(request, reply);
  });
  app.post(
    "/ftp-logins",
    { config: write },
    form({
      schema: NewLoginForm,
      async act(ctx, { expires, expiresOn, ...input }, request, reply) {
        const { login, password } = await addLogin(ctx, { ...input, ...endOf({ expires, ...(expiresOn && { expiresOn }) }) });
        if (password) return drawPassword(request, reply, login.id, password.reveal(), true);
        return { to: loginPath(login), says: "ftp.added", data: { name: shownName(login.name) } };
      },
      again: drawNew,
    }),
  );
  app.post(
    "/ftp-logins/:login",
    { config: write },
    form({
      schema: AccessForm,
      async act(ctx, { expires, expiresOn, ...input }, request) {
        const login = await editLogin(ctx, loginKey(request), { ...input, ...endOf({ expires, ...(expiresOn && { expiresOn }) }) });
        return { to: loginPath(login), says: "shell.saved" };
      },
      again: drawLogin,
    }),
  );
  app.post(
    "/ftp-logins/:login/name",
    { config: write },
    form({
      schema: NameInput,
      async act(ctx, input, request) {
        const login = await renameLogin(ctx, loginKey(request), input);
        return { to: loginPath(login), says: "ftp.renamed", data: { name: shownName(login.name) } };
      },
      again: drawLogin,
    }),
  );
  mountCredentials(app);
  mountRemoval(app);
  clientPages(app);
  hostPages(app);
}

function mountCredentials(app: FastifyInstance): void {
  app.post(
    "/ftp-logins/:login/password",
    { config: write },
    form({
      schema: PasswordInput,
      async act(ctx, input, request, reply) {
        const { login, password } = await setPassword(ctx, loginKey(request), input.password);
        if (password) return drawPassword(request, reply, login.id, password.reveal(), false);
        return { to: loginPath(login), says: "ftp.password_changed" };
      },
      again: drawLogin,
    }),
  );
  app.post(
    "/ftp-logins/:login/password/delete",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const login = await dropPassword(ctx, loginKey(request));
        return { to: loginPath(login), says: "ftp.password_dropped" };
      },
      again: drawLogin,
    }),
  );
  app.post(
    "/ftp-logins/:login/keys",
    { config: write },
    form({
      schema: Type.Object({ key: KeyInput.properties.key }),
      async act(ctx, input, request) {
        await addKey(ctx, loginKey(request), input);
        return { to: `/ftp-logins/${loginKey(request)}`, says: "ftp.key_added" };
      },
      again: drawLogin,
    }),
  );
  app.post(
    "/ftp-logins/:login/keys/:key/delete",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const login = await removeKey(ctx, loginKey(request), keyId(request));
        return { to: loginPath(login), says: "ftp.key_removed" };
      },
      again: drawLogin,
    }),
  );
}

function mountRemoval(app: FastifyInstance): void {
  app.get("/ftp-logins/:login/delete", { config: write }, drawDelete);
  app.post(
    "/ftp-logins/:login/delete",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const login = await removeLogin(ctx, loginKey(request));
        return { to: loginPath(login), says: "ftp.removed", data: { name: shownName(login.name) } };
      },
      again: drawDelete,
    }),
  );
  app.post(
    "/ftp-logins/:login/restore",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const login = await restoreLogin(ctx, loginKey(request));
        return { to: loginPath(login), says: "ftp.restored", data: { name: shownName(login.name) } };
      },
      again: drawLogin,
    }),
  );
  app.post(
    "/ftp-logins/:login/release",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await releaseLogin(ctx, loginKey(request));
        return { to: "/ftp-logins", says: "ftp.released" };
      },
      again: drawLogin,
    }),
  );
}
