/** Pages of hosts, for administrators. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { baseOf } from "./base.js";
import { hostView } from "./bodies.js";
import { getHost, listHosts, probeHost, removeHost } from "./hosts.js";
import { setAddresses } from "./public-addresses.js";
import { AddressesInput } from "./schemas.js";
import { getSettings, setSettings, settable } from "./settings.js";

const config = { access: "admin" } as const;
const Nothing = Type.Object({});
const keyOf = (request: FastifyRequest) => (request.params as { host: string }).host;

/** Mounts the pages. */
export function hostPages(app: FastifyInstance, services: Services): void {
  app.get("/hosts", { config }, async (request, reply) => {
    const window = windowOf(request.query);
    const { rows, total } = await listHosts(request.ctx, window);
    return reply.page("hosts/list", { list: pagedList({ rows: rows.map(hostView), total }, window, "/hosts") });
  });
  const { daemons } = publisherOf(services);
  const draw = async (request: FastifyRequest, reply: FastifyReply) => {
    const host = await getHost(request.ctx, keyOf(request));
    const set = settable(daemons, host);
    const view = hostView(host);
    const base = baseOf(host, services.env);
    return reply.page("hosts/host", {
      host: { ...view, base, olderNames: base.older.join(", "), daemons: view.daemons.map((one) => ({ ...one, settable: set.includes(one.daemon) })) },
    });
  };
  const daemonOf = (request: FastifyRequest) => (request.params as { daemon: string }).daemon;
  const drawSettings = async (request: FastifyRequest, reply: FastifyReply) => {
    const { host, daemon, declared, values } = await getSettings(request.ctx, daemons, keyOf(request), daemonOf(request));
    const options = Object.entries(declared).map(([name, option]) => ({
      name,
      ...option,
      label: request.t(option.title),
      value: values[name],
      hint: option.hint && request.t(option.hint),
      ...(option.type === "choice" ? { choices: option.choices.map((value) => ({ value, label: request.t(`${option.title}_${value}`) })) } : {}),
    }));
    return reply.page("hosts/settings", { host, daemon, options });
  };
  app.get("/hosts/:host", { config }, draw);
  app.get("/hosts/:host/daemons/:daemon", { config }, drawSettings);
  app.post(
    "/hosts/:host/daemons/:daemon",
    { config },
    form({
      // What may be sent is declared by the daemon's folder, not by a schema of ours: `setSettings` parses it.
      schema: Nothing,
      async act(ctx, _input, request) {
        const { declared } = await getSettings(ctx, daemons, keyOf(request), daemonOf(request));
        const body = (request.body ?? {}) as Record<string, unknown>;
        // A browser sends nothing for a box that is not ticked.
        const sent = Object.entries(declared).map(([name, { type }]) => [name, body[name] ?? (type === "boolean" ? "false" : undefined)]);
        const { host } = await setSettings(ctx, daemons, keyOf(request), daemonOf(request), Object.fromEntries(sent));
        return { to: `/hosts/${host.id}`, says: "hosts.settings_saved" };
      },
      again: drawSettings,
    }),
  );
  app.post(
    "/hosts/:host/probe",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { host, error } = await probeHost(ctx, services.env, keyOf(request));
        return { to: `/hosts/${host.id}`, says: error === null ? "hosts.answered" : "hosts.away" };
      },
      again: draw,
    }),
  );
  app.post(
    "/hosts/:host/addresses",
    { config },
    form({
      schema: AddressesInput,
      async act(ctx, input, request) {
        const { id } = await setAddresses(ctx, keyOf(request), input);
        return { to: `/hosts/${id}`, says: "shell.saved" };
      },
      again: draw,
    }),
  );
  app.get("/hosts/:host/delete", { config }, drawDelete);
  app.post(
    "/hosts/:host/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeHost(ctx, keyOf(request));
        return { to: "/hosts", says: "hosts.removed" };
      },
      again: drawDelete,
    }),
  );
}

async function drawDelete(request: FastifyRequest, reply: FastifyReply) {
  return reply.page("hosts/delete", { host: await getHost(request.ctx, keyOf(request)) });
}
