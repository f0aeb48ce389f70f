/** Records that new zones start with, set by administrators; `{domain}` stands for the domain's name. */
import type { Context, TransactionContext } from "../../core/context.js";
import { isRefusal, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import type { DnsTemplate, Zone } from "../../generated/sqlite/client.js";
import { identityOf } from "./record-order.js";
import { parseRecord } from "./records.js";
import type { RecordType } from "./role.js";
import type { TemplateInput } from "./schemas.js";
import { changeZone, type NewRecord } from "./zone-changes.js";
import { newProblems } from "./zone-rules.js";
import { readTable } from "./zone-table.js";

const SAMPLE = "example.org";

/** The templates, in the order of names and types. */
export async function listTemplates(ctx: Context): Promise<DnsTemplate[]> {
  requireAdmin(ctx);
  return ctx.db.dnsTemplate.findMany({ orderBy: [{ name: "asc" }, { type: "asc" }, { id: "asc" }] });
}

/** Adds a template, once it would be sound in a zone. */
export async function addTemplate(ctx: Context, input: TemplateInput): Promise<DnsTemplate> {
  requireAdmin(ctx);
  filled({ ttl: null, ...input }, SAMPLE);
  return ctx.transaction(async (tx) => {
    const row = await tx.db.dnsTemplate.create({
      data: { name: input.name.trim() || "@", type: input.type, ttl: input.ttl ?? null, value: input.value.trim() },
    });
    tx.audit({ verb: "dns.template.added", accountId: null, object: objectOf(row), new: { value: row.value, ttl: row.ttl } });
    return row;
  });
}

/** Removes a template; zones that started with it keep their record. */
export async function removeTemplate(ctx: Context, id: string): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const row = await tx.db.dnsTemplate.findUnique({ where: { id } });
    if (!row) throw notFound("dns.template_unknown");
    await tx.db.dnsTemplate.delete({ where: { id } });
    tx.audit({ verb: "dns.template.removed", accountId: null, object: objectOf(row), old: { value: row.value } });
  });
}

/** Gives a new zone the records of the templates. One that does not fit there is left out and told in the log: no domain may fail for it. */
export async function fillZone(tx: TransactionContext, zone: Zone): Promise<void> {
  const templates = await tx.db.dnsTemplate.findMany({ orderBy: { id: "asc" } });
  if (templates.length === 0) return;
  // A domain that was added a moment ago implies nothing yet, whatever features there are.
  const { served, settings } = await readTable(tx.db, [], zone);
  const add: NewRecord[] = [];
  for (const template of templates) {
    const record = soundRecord(template, zone.name);
    const fits =
      record !== null &&
      newProblems([...served, ...add], [...served, ...add, record], { zone: zone.name, ...settings }).every(({ level }) => level === "doubt");
    if (fits && !add.some((one) => identityOf(one) === identityOf(record))) add.push(record);
    else tx.log.warn({ zone: zone.name, template: template.id }, "a template does not fit this zone");
  }
  if (add.length > 0) await changeZone(tx, [], zone, { add }, { knowingly: true });
}

function soundRecord(template: DnsTemplate, zone: string): NewRecord | null {
  try {
    return filled(template, zone);
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

function filled({ name, type, ttl, value }: Pick<DnsTemplate, "name" | "type" | "ttl" | "value">, domain: string) {
  const fill = (text: string) => text.replaceAll("{domain}", domain);
  return parseRecord({ name: domain }, type as RecordType, { name: fill(name), value: fill(value), ttl });
}

function objectOf({ id, name, type }: Pick<DnsTemplate, "id" | "name" | "type">) {
  return { type: "template", id, name: `${name} ${type}` };
}
