/** Taking a zone over, in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Services } from "../../../core/services.js";
import { DomainParams } from "../schemas.js";
import { takeTurn } from "./door.js";
import { importRecords, previewImport } from "./imports.js";
import { fetchZone, listTransferNetworks, setTransferNetworks } from "./old-server.js";
import { ImportBody, ImportOutput, NetworksInput, NetworksOutput, TransferInput, TransferOutput } from "./schemas.js";
import { planBody } from "./shown.js";
import { MAX_BYTES } from "./zone-file.js";

const write = { access: { permission: "dns.write" } } as const;
const admin = { access: "admin" } as const;
/** Line ends and quotes are two letters each in JSON. */
const BODY_BYTES = 2 * MAX_BYTES + 262_144;
const keyOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;

/** Mounts the routes. */
export function importApi(app: FastifyInstance, services: Services): void {
  const schema = { params: DomainParams, body: ImportBody, response: { 200: ImportOutput } };
  app.post("/domains/:domain/import/preview", { config: write, bodyLimit: BODY_BYTES, onRequest: takeTurn, schema }, async (request) => {
    const { zone, plan } = await previewImport(request.ctx, services.features, keyOf(request), request.body as ImportBody);
    return planBody(request.t.bind(request), zone, plan);
  });
  app.post("/domains/:domain/import", { config: write, bodyLimit: BODY_BYTES, onRequest: takeTurn, schema }, async (request) => {
    const { zone, plan } = await importRecords(request.ctx, services.features, keyOf(request), request.body as ImportBody);
    return planBody(request.t.bind(request), zone, plan);
  });
  app.post(
    "/domains/:domain/import/transfer",
    { config: write, schema: { params: DomainParams, body: TransferInput, response: { 200: TransferOutput } } },
    async (request) => ({
      text: await fetchZone(request.ctx, services, keyOf(request), request.body as TransferInput),
    }),
  );
  app.get("/transfer-networks", { config: admin, schema: { response: { 200: NetworksOutput } } }, async (request) => ({
    networks: await listTransferNetworks(request.ctx),
  }));
  app.put("/transfer-networks", { config: admin, schema: { body: NetworksInput, response: { 200: NetworksOutput } } }, async (request) => ({
    networks: await setTransferNetworks(request.ctx, (request.body as NetworksInput).networks),
  }));
}
