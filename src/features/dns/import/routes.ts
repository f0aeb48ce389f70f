/** Pages of taking a zone over. The text travels with the forms, so that nothing is lost and nothing is kept. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../../core/http/forms.js";
import { isAdmin } from "../../../core/ownership.js";
import type { Services } from "../../../core/services.js";
import { shownName } from "../record-names.js";
import { getZone } from "../zones.js";
import { takeTurn } from "./door.js";
import { importRecords, previewImport } from "./imports.js";
import { fetchZone, listTransferNetworks, setTransferNetworks } from "./old-server.js";
import { ImportForm, NetworksInput, TransferInput } from "./schemas.js";
import { planPage } from "./shown.js";
import { TSIG_ALGORITHMS } from "./tsig.js";
import { MAX_BYTES } from "./zone-file.js";

const write = { access: { permission: "dns.write" } } as const;
const admin = { access: "admin" } as const;
/** Letters of a form are sent as up to three each. */
const BODY_BYTES = 3 * MAX_BYTES + 65_536;
const CHOICE = /^choice:\d{1,5}:(.+)$/;

/** Mounts the pages. */
export function importPages(app: FastifyInstance, services: Services): void {
  app.get("/domains/:domain/import", { config: write }, draw);
  app.post(
    "/domains/:domain/import/preview",
    { config: write, bodyLimit: BODY_BYTES, onRequest: takeTurn },
    form({ schema: ImportForm, act: (_ctx, _input, request, reply) => drawPreview(services, request, reply, textOf(request)), again: draw }),
  );
  app.post(
    "/domains/:domain/import/transfer",
    { config: write },
    form({
      schema: TransferInput,
      async act(ctx, input, request, reply) {
        return drawPreview(services, request, reply, await fetchZone(ctx, services, keyOf(request), input));
      },
      again: draw,
    }),
  );
  app.post(
    "/domains/:domain/import",
    { config: write, bodyLimit: BODY_BYTES, onRequest: takeTurn },
    form({
      schema: ImportForm,
      async act(ctx, { version }, request, reply) {
        const text = textOf(request);
        const { zone, plan } = await importRecords(ctx, services.features, keyOf(request), {
          text,
          choices: choicesOf(request),
          ...(version === undefined ? {} : { version }),
        });
        return reply.page("dns/import-done", { ...pathsOf(zone), plan: planPage(request.t.bind(request), zone, plan, text) });
      },
      again: (request, reply) => drawPreview(services, request, reply, textOf(request)),
    }),
  );
  app.get("/dns/transfer-networks", { config: admin }, drawNetworks);
  app.post(
    "/dns/transfer-networks",
    { config: admin },
    form({
      schema: NetworksInput,
      async act(ctx, { networks }) {
        await setTransferNetworks(ctx, networks);
        return { to: "/dns/transfer-networks", says: "dns.import.networks_saved" };
      },
      again: drawNetworks,
    }),
  );
}

const keyOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;

/** As it was sent: blanks at the beginning of a zone file have a meaning. */
function textOf(request: FastifyRequest): string {
  const { text } = request.body as { text?: unknown };
  return typeof text === "string" ? text : "";
}

function choicesOf(request: FastifyRequest): Record<string, string> {
  const found = Object.entries(request.body as Record<string, unknown>).flatMap(([field, value]) => {
    const key = CHOICE.exec(field)?.[1];
    return key !== undefined && typeof value === "string" ? [[key, value] as const] : [];
  });
  return Object.fromEntries(found);
}

function pathsOf({ domainId, name }: { domainId: string; name: string }) {
  return { domain: { id: domainId, display: shownName(name) } };
}

async function draw(request: FastifyRequest, reply: FastifyReply) {
  const zone = await getZone(request.ctx, keyOf(request), "dns.write");
  const algorithms = TSIG_ALGORITHMS.map((value) => ({ value, label: value.toUpperCase() }));
  return reply.page("dns/import", { ...pathsOf(zone), algorithms, admin: isAdmin(request.actor), transferring: request.url.endsWith("/transfer") });
}

async function drawPreview(services: Services, request: FastifyRequest, reply: FastifyReply, text: string) {
  const { zone, plan } = await previewImport(request.ctx, services.features, keyOf(request), { text, choices: choicesOf(request) });
  return reply.page("dns/import-preview", { ...pathsOf(zone), plan: planPage(request.t.bind(request), zone, plan, text) });
}

async function drawNetworks(request: FastifyRequest, reply: FastifyReply) {
  return reply.page("dns/transfer-networks", { networks: (await listTransferNetworks(request.ctx)).join("\n") });
}
