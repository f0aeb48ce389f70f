/** Pages of a zone's records. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import { giveBack, turnOff } from "./overrides.js";
import { drawBin, drawDelete, drawDerived, drawRecord, drawRecords, drawText, recordsPath, zoneKey } from "./pages.js";
import { addRecord, editRecord, removeRecord, restoreRecord } from "./records.js";
import { DerivedForm, Nothing, RecordForm, UndoInput } from "./schemas.js";
import { undoChange } from "./undo.js";
import type { Features } from "./zone-changes.js";
import { readTable } from "./zone-table.js";
import { zoneFileName, zoneText } from "./zone-text.js";
import { getZone } from "./zones.js";

const read = { access: { permission: "dns.read" } } as const;
const write = { access: { permission: "dns.write" } } as const;
const Knowingly = Type.Object({ knowingly: Type.Boolean({ default: false }) });
const recordKey = (request: FastifyRequest) => (request.params as { record: string }).record;

/** Mounts the pages. */
export function recordPages(app: FastifyInstance, features: Features): void {
  const records = (request: FastifyRequest) => `/domains/${encodeURIComponent(zoneKey(request))}/records`;
  app.get("/domains/:domain/records", { config: read }, drawRecords(features));
  app.get("/domains/:domain/records/new", { config: write }, drawRecord);
  app.get("/domains/:domain/records/bin", { config: read }, drawBin);
  app.get("/domains/:domain/records/text", { config: read }, drawText(features));
  app.get("/domains/:domain/records/derived", { config: write }, drawDerived(features));
  app.get("/domains/:domain/records/download", { config: read }, async (request, reply) => {
    const zone = await getZone(request.ctx, zoneKey(request));
    const text = zoneText(await readTable(request.ctx.db, features, zone));
    return reply
      .type("text/dns; charset=utf-8")
      .header("content-disposition", `attachment; filename="${zoneFileName(zone.name)}"`)
      .send(text);
  });
  app.post(
    "/domains/:domain/records",
    { config: write },
    form({
      schema: RecordForm,
      async act(ctx, input, request) {
        const { name, type } = await addRecord(ctx, features, zoneKey(request), input);
        return { to: records(request), says: "dns.record_added", data: { name, type } };
      },
      again: drawRecord,
    }),
  );
  app.get("/domains/:domain/records/:record", { config: write }, drawRecord);
  app.post(
    "/domains/:domain/records/:record",
    { config: write },
    form({
      schema: RecordForm,
      async act(ctx, input, request) {
        await editRecord(ctx, features, zoneKey(request), recordKey(request), input);
        return { to: records(request), says: "shell.saved" };
      },
      again: drawRecord,
    }),
  );
  mountRemoval(app, features);
  mountDerived(app, features);
}

function mountRemoval(app: FastifyInstance, features: Features): void {
  app.post(
    "/domains/:domain/records/undo",
    { config: write },
    form({
      schema: UndoInput,
      async act(ctx, { at }, request) {
        const { zone, what } = await undoChange(ctx, features, zoneKey(request), at);
        return { to: recordsPath(zone), says: what.kind === "undone" ? "records.redone" : "records.undone" };
      },
      again: drawRecords(features),
    }),
  );
  app.get("/domains/:domain/records/:record/delete", { config: write }, drawDelete(features));
  app.post(
    "/domains/:domain/records/:record/delete",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeRecord(ctx, features, zoneKey(request), recordKey(request));
        return recordsPath(await getZone(ctx, zoneKey(request)));
      },
      again: drawDelete(features),
    }),
  );
  app.post(
    "/domains/:domain/records/:record/restore",
    { config: write },
    form({
      schema: Knowingly,
      async act(ctx, { knowingly }, request) {
        const { name, type } = await restoreRecord(ctx, features, zoneKey(request), recordKey(request), knowingly);
        return { to: recordsPath(await getZone(ctx, zoneKey(request))), says: "dns.record_restored", data: { name, type } };
      },
      again: drawBin,
    }),
  );
}

function mountDerived(app: FastifyInstance, features: Features): void {
  app.post(
    "/domains/:domain/records/derived/off",
    { config: write },
    form({
      schema: DerivedForm,
      async act(ctx, input, request) {
        const { name } = await turnOff(ctx, features, zoneKey(request), input);
        return { to: recordsPath(await getZone(ctx, zoneKey(request))), says: "dns.derived_off", data: { name, type: input.type } };
      },
      again: drawDerived(features),
    }),
  );
  app.post(
    "/domains/:domain/records/derived/back",
    { config: write },
    form({
      schema: DerivedForm,
      async act(ctx, input, request) {
        const { name } = await giveBack(ctx, features, zoneKey(request), input);
        return { to: recordsPath(await getZone(ctx, zoneKey(request))), says: "dns.derived_back", data: { name, type: input.type } };
      },
      again: drawDerived(features),
    }),
  );
}
