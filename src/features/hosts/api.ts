/** Hosts in JSON, for administrators. Adding one is an act of the command line: it needs the administrator's own SSH login. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { hostBody } from "./bodies.js";
import { getHost, listHosts, probeHost, removeHost } from "./hosts.js";
import { setAddresses } from "./public-addresses.js";
import { AddressesInput, HostOutput } from "./schemas.js";
import { type DaemonSettings, getSettings, setSettings } from "./settings.js";

const config = { access: "admin" } as const;
const params = Type.Object({ host: Type.String({ maxLength: 64 }) });
const one = { 200: HostOutput };
const keyOf = (request: FastifyRequest) => (request.params as { host: string }).host;

const Value = Type.Union([Type.String({ maxLength: 1000 }), Type.Integer(), Type.Boolean()]);
const Settings = Type.Record(Type.String({ maxLength: 60 }), Value);
const SettingsOutput = Type.Object({ host: Type.String(), daemon: Type.String(), role: Type.String(), values: Settings });
const settingsBody = ({ host, daemon, role, values }: DaemonSettings) => ({ host: host.name, daemon, role, values });

/** Mounts the routes of hosts. */
export function hostApi(app: FastifyInstance, services: Services): void {
  const { daemons } = publisherOf(services);
  const daemonParams = Type.Object({ ...params.properties, daemon: Type.String({ maxLength: 64 }) });
  const daemonOf = (request: FastifyRequest) => (request.params as { daemon: string }).daemon;
  app.get("/hosts/:host/daemons/:daemon", { config, schema: { params: daemonParams, response: { 200: SettingsOutput } } }, async (request) =>
    settingsBody(await getSettings(request.ctx, daemons, keyOf(request), daemonOf(request))),
  );
  app.patch("/hosts/:host/daemons/:daemon", { config, schema: { params: daemonParams, body: Settings, response: { 200: SettingsOutput } } }, async (request) =>
    settingsBody(await setSettings(request.ctx, daemons, keyOf(request), daemonOf(request), request.body as Record<string, unknown>)),
  );
  app.get("/hosts", { config, schema: { querystring: ListQuery, response: { 200: listAnswer(HostOutput) } } }, async (request) => {
    const window = windowOf(request.query);
    const { rows, total } = await listHosts(request.ctx, window);
    return listBody({ rows: rows.map((row) => hostBody(row, services.env)), total }, window);
  });
  app.get("/hosts/:host", { config, schema: { params, response: one } }, async (request) => hostBody(await getHost(request.ctx, keyOf(request)), services.env));
  app.put("/hosts/:host/addresses", { config, schema: { params, body: AddressesInput, response: one } }, async (request) => {
    const { id } = await setAddresses(request.ctx, keyOf(request), request.body as AddressesInput);
    return hostBody(await getHost(request.ctx, id), services.env);
  });
  app.post("/hosts/:host/probe", { config, schema: { params, response: one } }, async (request) => {
    const { host } = await probeHost(request.ctx, services.env, keyOf(request));
    return hostBody(host, services.env);
  });
  app.delete("/hosts/:host", { config, schema: { params, response: { 200: Type.Object({ done: Type.Literal(true) }) } } }, async (request) => {
    await removeHost(request.ctx, keyOf(request));
    return { done: true };
  });
}
