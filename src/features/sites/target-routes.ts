/** Page of the origins to which proxy sites may lead, for administrators. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { Nothing } from "./forms.js";
import { addProxyTarget, listProxyTargets, removeProxyTarget } from "./proxy-targets.js";
import { ProxyTargetInput } from "./schemas.js";

const config = { access: "admin" } as const;

/** Mounts the page. */
export function targetPages(app: FastifyInstance): void {
  app.get("/proxy-targets", { config }, draw);
  app.post(
    "/proxy-targets",
    { config },
    form({
      schema: ProxyTargetInput,
      async act(ctx, { origin }) {
        await addProxyTarget(ctx, origin);
        return { to: "/proxy-targets", says: "shell.saved" };
      },
      again: draw,
    }),
  );
  app.post(
    "/proxy-targets/:target/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeProxyTarget(ctx, (request.params as { target: string }).target);
        return { to: "/proxy-targets", says: "shell.saved" };
      },
      again: draw,
    }),
  );
}

async function draw(request: FastifyRequest, reply: FastifyReply) {
  return reply.page("sites/targets", { targets: await listProxyTargets(request.ctx) });
}
