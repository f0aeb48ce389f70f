/** Pages where administrators manage people. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form, lead } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { isFresh, requireProof } from "./proof.js";
import { ProofInput, UserChange, UserInput } from "./schemas.js";
import { addUser, changeUser, disableUser, enableUser, getUser, isSecurityChange, listUsers, renewPassword } from "./users.js";

const admin = { config: { access: "admin" as const } };

interface ForUser {
  Params: { user: string };
}

/** Adds the pages. */
export function addUserPages(app: FastifyInstance): void {
  app.get("/users", admin, async (request, reply) => {
    const window = windowOf(request.query);
    return reply.page("auth/users", { list: pagedList(await listUsers(request.ctx, window), window, "/users") });
  });
  const drawNew = async (request: FastifyRequest, reply: FastifyReply) => reply.page("auth/user-new", { fresh: await isFresh(request) });
  app.get("/users/new", admin, drawNew);
  app.post(
    "/users",
    admin,
    form({
      schema: UserInput,
      async act(ctx, input, request, reply) {
        if (input.admin) await requireProof(request, input.proof);
        const { user, password } = await addUser(ctx, input);
        return reply.page("auth/user", { user, password: password.reveal(), fresh: await isFresh(request) });
      },
      again: drawNew,
    }),
  );
  const draw = async (request: FastifyRequest, reply: FastifyReply) => {
    const { user } = request.params as ForUser["Params"];
    return reply.page("auth/user", { user: await getUser(request.ctx, user), fresh: await isFresh(request) });
  };
  app.get<ForUser>("/users/:user", admin, draw);
  app.post<ForUser>(
    "/users/:user",
    admin,
    form({
      schema: UserChange,
      async act(ctx, input, request) {
        const { user: id } = request.params as ForUser["Params"];
        if (await isSecurityChange(ctx, id, input)) await requireProof(request, input.proof);
        const user = await changeUser(ctx, id, input);
        return { to: `/users/${user.id}`, says: "auth.users.saved" };
      },
      again: draw,
    }),
  );
  app.post<ForUser>("/users/:user/disable", admin, async (request, reply) => {
    const user = await disableUser(request.ctx, request.params.user);
    return lead(reply, { to: `/users/${user.id}`, says: "auth.users.disabled_done", data: { login: user.login } });
  });
  app.post<ForUser>("/users/:user/enable", admin, async (request, reply) => {
    const user = await enableUser(request.ctx, request.params.user);
    return lead(reply, { to: `/users/${user.id}`, says: "auth.users.enabled_done", data: { login: user.login } });
  });
  app.post<ForUser>(
    "/users/:user/password",
    admin,
    form({
      schema: ProofInput,
      async act(ctx, input, request, reply) {
        await requireProof(request, input.proof);
        const { user, password } = await renewPassword(ctx, (request.params as ForUser["Params"]).user);
        return reply.page("auth/user", { user, password: password.reveal(), fresh: await isFresh(request) });
      },
      again: draw,
    }),
  );
}
