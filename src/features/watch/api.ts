/** The state of the machines in JSON. */
import type { FastifyInstance } from "fastify";
import type { Services } from "../../core/services.js";
import { worstOf } from "./gather.js";
import { alertAddresses, setAlertAddresses } from "./readers.js";
import { AddressesInput, AddressesOutput, WatchOutput } from "./schemas.js";
import { checkBody, currentChecks } from "./shown.js";

const config = { access: "admin" } as const;

/** Mounts the routes. */
export function watchApi(app: FastifyInstance, services: Services): void {
  app.get("/watch", { config, schema: { response: { 200: WatchOutput } } }, async (request) => {
    const checks = await currentChecks(request.ctx, services);
    return { state: worstOf(checks), checks: checks.map((check) => checkBody(check, (key, data) => request.t(key, data))) };
  });
  app.get("/watch/addresses", { config, schema: { response: { 200: AddressesOutput } } }, async (request) => ({
    addresses: await alertAddresses(request.ctx.db),
  }));
  app.put("/watch/addresses", { config, schema: { body: AddressesInput, response: { 200: AddressesOutput } } }, async (request) => ({
    addresses: await setAlertAddresses(request.ctx, (request.body as AddressesInput).addresses),
  }));
}
