/** Pages of zones: which there are, and how each is kept. */
import type { FastifyInstance } from "fastify";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { adminPages } from "./admin-routes.js";
import { checkDnssec } from "./dnssec.js";
import { drawZone, drawZones, zoneKey } from "./pages.js";
import { recordPages } from "./record-routes.js";
import { startRollOver } from "./roll-over.js";
import { LockInput, Nothing, ZoneForm } from "./schemas.js";
import { streamChips } from "./stream.js";
import { editZone, lockZone, unlockZone } from "./zone-settings.js";

const read = { access: { permission: "dns.read" } } as const;
const write = { access: { permission: "dns.write" } } as const;

/** Mounts the pages of dns. */
export function dnsPages(app: FastifyInstance, services: Services): void {
  app.get("/zones", { config: read }, drawZones);
  app.get("/zones/stream", { config: read }, (request, reply) => streamChips(request, reply, publisherOf(services).events));
  app.get("/domains/:domain/zone", { config: read }, drawZone);
  app.post(
    "/domains/:domain/zone",
    { config: write },
    form({
      schema: ZoneForm,
      async act(ctx, { defaultTtl, ...change }, request) {
        const ttl = defaultTtl === undefined ? {} : { defaultTtl: defaultTtl === "" ? null : Number(defaultTtl) };
        const zone = await editZone(ctx, zoneKey(request), { ...change, ...ttl });
        return { to: `/domains/${zone.domainId}/zone`, says: "shell.saved" };
      },
      again: drawZone,
    }),
  );
  app.post(
    "/domains/:domain/zone/check",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const zone = await checkDnssec(ctx, { hosts: publisherOf(services).hosts, resolver: services.resolver }, zoneKey(request));
        return { to: `/domains/${zone.domainId}/zone`, says: `zones.checked.${zone.parentState}` };
      },
      again: drawZone,
    }),
  );
  app.post(
    "/domains/:domain/zone/roll-over",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const zone = await startRollOver(ctx, { hosts: publisherOf(services).hosts, resolver: services.resolver }, zoneKey(request));
        return { to: `/domains/${zone.domainId}/zone`, says: "zones.roll_over.begun" };
      },
      again: drawZone,
    }),
  );
  app.post(
    "/domains/:domain/zone/lock",
    { config: write },
    form({
      schema: LockInput,
      async act(ctx, { reason }, request) {
        const zone = await lockZone(ctx, zoneKey(request), reason);
        return { to: `/domains/${zone.domainId}/zone`, says: "zones.lock.done" };
      },
      again: drawZone,
    }),
  );
  app.post(
    "/domains/:domain/zone/unlock",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const zone = await unlockZone(ctx, zoneKey(request));
        return { to: `/domains/${zone.domainId}/zone`, says: "zones.lock.opened" };
      },
      again: drawZone,
    }),
  );
  recordPages(app, services.features);
  adminPages(app, services);
}
