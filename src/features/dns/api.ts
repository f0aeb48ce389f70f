/** Zones and their records in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { adminApi } from "./admin-api.js";
import { chipsOf } from "./chips.js";
import { checkDnssec } from "./dnssec.js";
import { giveBack, turnOff } from "./overrides.js";
import { addRecord, editRecord, removeRecord, restoreRecord } from "./records.js";
import { startRollOver } from "./roll-over.js";
import {
  DerivedKey,
  DomainParams,
  Done,
  LockInput,
  RecordChange,
  RecordInput,
  RecordOutput,
  RecordParams,
  UndoInput,
  ZoneChange,
  ZoneOutput,
} from "./schemas.js";
import { readSettings } from "./settings.js";
import { filterRows, recordBodies, zoneBody } from "./shown.js";
import { undoChange } from "./undo.js";
import type { Features } from "./zone-changes.js";
import { editZone, lockZone, unlockZone } from "./zone-settings.js";
import { readTable } from "./zone-table.js";
import { zoneText } from "./zone-text.js";
import { getZone, listZones } from "./zones.js";

const read = { access: { permission: "dns.read" } } as const;
const write = { access: { permission: "dns.write" } } as const;
const keyOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;
const recordOf = (request: FastifyRequest) => (request.params as { record: string }).record;
const one = { 200: ZoneOutput };
const Knowingly = Type.Object({ knowingly: Type.Optional(Type.Boolean()) });

/** Mounts the routes of dns. A zone is named by the id or the name of its domain. */
export function dnsApi(app: FastifyInstance, services: Services): void {
  const query = Type.Object({ ...ListQuery.properties, account: Type.Optional(Type.String({ maxLength: 64 })) });
  app.get("/zones", { config: read, schema: { querystring: query, response: { 200: listAnswer(ZoneOutput) } } }, async (request) => {
    const { account } = request.query as { account?: string };
    const window = windowOf(request.query);
    const { rows, total } = await listZones(request.ctx, { ...window, ...(account ? { accountId: account } : {}) });
    return listBody({ rows: await zoneBodies(request, rows), total }, window);
  });
  const params = DomainParams;
  app.get("/domains/:domain/zone", { config: read, schema: { params, response: one } }, async (request) => body(request));
  app.patch("/domains/:domain/zone", { config: write, schema: { params, body: ZoneChange, response: one } }, async (request) => {
    await editZone(request.ctx, keyOf(request), request.body as ZoneChange);
    return body(request);
  });
  app.post("/domains/:domain/zone/lock", { config: write, schema: { params, body: LockInput, response: one } }, async (request) => {
    await lockZone(request.ctx, keyOf(request), (request.body as LockInput).reason);
    return body(request);
  });
  app.post("/domains/:domain/zone/unlock", { config: write, schema: { params, response: one } }, async (request) => {
    await unlockZone(request.ctx, keyOf(request));
    return body(request);
  });
  app.post("/domains/:domain/zone/check", { config: write, schema: { params, response: one } }, async (request) => {
    await checkDnssec(request.ctx, { hosts: publisherOf(services).hosts, resolver: services.resolver }, keyOf(request));
    return body(request);
  });
  app.post("/domains/:domain/zone/roll-over", { config: write, schema: { params, response: one } }, async (request) => {
    await startRollOver(request.ctx, { hosts: publisherOf(services).hosts, resolver: services.resolver }, keyOf(request));
    return body(request);
  });
  const Text = Type.Object({ text: Type.String() });
  app.get("/domains/:domain/zone/export", { config: read, schema: { params, response: { 200: Text } } }, async (request) => ({
    text: zoneText(await readTable(request.ctx.db, services.features, await getZone(request.ctx, keyOf(request)))),
  }));
  recordApi(app, services.features);
  adminApi(app, services);
}

function recordApi(app: FastifyInstance, features: Features): void {
  const params = DomainParams;
  const record = async (request: FastifyRequest, id: string) => {
    const table = await readTable(request.ctx.db, features, await getZone(request.ctx, keyOf(request)));
    const [only] = recordBodies(
      request,
      table,
      table.rows.filter((row) => row.id === id),
    );
    return only;
  };
  app.get(
    "/domains/:domain/records",
    { config: read, schema: { params, querystring: ListQuery, response: { 200: listAnswer(RecordOutput) } } },
    async (request) => {
      const window = windowOf(request.query);
      const table = await readTable(request.ctx.db, features, await getZone(request.ctx, keyOf(request)));
      const rows = filterRows(table, window.q);
      return listBody({ rows: recordBodies(request, table, rows.slice(window.skip, window.skip + window.take)), total: rows.length }, window);
    },
  );
  app.post("/domains/:domain/records", { config: write, schema: { params, body: RecordInput, response: { 201: RecordOutput } } }, async (request, reply) => {
    const { id } = await addRecord(request.ctx, features, keyOf(request), request.body as RecordInput);
    return reply.code(201).send(await record(request, id));
  });
  app.patch(
    "/domains/:domain/records/:record",
    { config: write, schema: { params: RecordParams, body: RecordChange, response: { 200: RecordOutput } } },
    async (request) => {
      const { id } = await editRecord(request.ctx, features, keyOf(request), recordOf(request), request.body as RecordChange);
      return record(request, id);
    },
  );
  app.delete("/domains/:domain/records/:record", { config: write, schema: { params: RecordParams, response: { 200: Done } } }, async (request) => {
    await removeRecord(request.ctx, features, keyOf(request), recordOf(request));
    return { done: true };
  });
  app.post(
    "/domains/:domain/records/:record/restore",
    { config: write, schema: { params: RecordParams, body: Knowingly, response: { 200: RecordOutput } } },
    async (request) => {
      const { id } = await restoreRecord(request.ctx, features, keyOf(request), recordOf(request), (request.body as { knowingly?: boolean }).knowingly);
      return record(request, id);
    },
  );
  app.post("/domains/:domain/records/undo", { config: write, schema: { params, body: UndoInput, response: { 200: Done } } }, async (request) => {
    await undoChange(request.ctx, features, keyOf(request), (request.body as { at?: string }).at);
    return { done: true };
  });
  app.post("/domains/:domain/derived/off", { config: write, schema: { params, body: DerivedKey, response: { 200: Done } } }, async (request) => {
    await turnOff(request.ctx, features, keyOf(request), request.body as DerivedKey);
    return { done: true };
  });
  app.post("/domains/:domain/derived/back", { config: write, schema: { params, body: DerivedKey, response: { 200: Done } } }, async (request) => {
    await giveBack(request.ctx, features, keyOf(request), request.body as DerivedKey);
    return { done: true };
  });
}

async function body(request: FastifyRequest) {
  const [only] = await zoneBodies(request, [await getZone(request.ctx, keyOf(request))]);
  return only;
}

async function zoneBodies(request: FastifyRequest, zones: Awaited<ReturnType<typeof getZone>>[]) {
  const [settings, chips] = await Promise.all([readSettings(request.ctx.db), chipsOf(request.ctx.db, zones)]);
  return zones.map((zone) => zoneBody(zone, settings, chips.get(zone.id) ?? { state: "waiting" }));
}
