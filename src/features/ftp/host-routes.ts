/** Pages on which administrators say what people are told of each host's door. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "../../core/errors.js";
import { form } from "../../core/http/forms.js";
import { changeDoor, findDoor, listDoors } from "./host-settings.js";
import { HostSettingsInput } from "./schemas.js";

const config = { access: "admin" } as const;
const hostKey = (request: FastifyRequest) => (request.params as { host: string }).host;

/** Mounts the pages. */
export function hostPages(app: FastifyInstance): void {
  app.get("/ftp-hosts", { config }, async (request, reply) => reply.page("ftp/hosts", { doors: await listDoors(request.ctx.db) }));
  app.get("/ftp-hosts/:host", { config }, draw);
  app.post(
    "/ftp-hosts/:host",
    { config },
    form({
      schema: HostSettingsInput,
      async act(ctx, input, request) {
        await changeDoor(ctx, hostKey(request), input);
        return { to: "/ftp-hosts", says: "shell.saved" };
      },
      again: draw,
    }),
  );
}

async function draw(request: FastifyRequest, reply: FastifyReply) {
  const door = await findDoor(request.ctx.db, hostKey(request));
  if (!door) throw notFound("ftp.host_unknown");
  const row = await request.ctx.db.ftpHost.findUnique({ where: { hostId: door.hostId } });
  return reply.page("ftp/host", { door, row, oldNames: door.oldNames.join("\n") });
}
