/** Files to download, so that nobody types a host name or a port. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "../../core/errors.js";
import { fileZillaSites, sshConfig } from "./client-files.js";
import { findDoor } from "./host-settings.js";
import { getLogin } from "./logins.js";
import { loginKey } from "./pages.js";

const config = { access: { permission: "ftp.read" } } as const;

/** Mounts the downloads. */
export function clientPages(app: FastifyInstance): void {
  app.get("/ftp-logins/:login/filezilla.xml", { config }, async (request, reply) => {
    const { login, door, client } = await read(request);
    return attach(reply, "application/xml; charset=utf-8", `${client.name}.xml`, fileZillaSites(door, client, login.account.name));
  });
  app.get("/ftp-logins/:login/ssh-config", { config }, async (request, reply) => {
    const { door, client } = await read(request);
    return attach(reply, "text/plain; charset=utf-8", `${client.name}.ssh-config.txt`, sshConfig(door, client, client.name));
  });
}

async function read(request: FastifyRequest) {
  const login = await getLogin(request.ctx, loginKey(request));
  const door = await findDoor(request.ctx.db, login.account.filesHostId);
  if (!door) throw notFound("ftp.host_unknown");
  return { login, door, client: { name: login.name, hasPassword: login.hash !== null, hasKeys: login.keys.length > 0 } };
}

function attach(reply: FastifyReply, type: string, name: string, content: string) {
  // A login's grammar holds no quote and no line end.
  return reply.header("content-disposition", `attachment; filename="${name}"`).header("cache-control", "no-store").type(type).send(content);
}
