/** Servers that follow ours: who they are, and the key of each one's transfers. */
import { randomBytes } from "node:crypto";
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { conflict, invalid, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { Secret, seal, unseal } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import type { DnsSecondary } from "../../generated/sqlite/client.js";
import { plainAddress } from "./addresses.js";
import type { Secondary } from "./role.js";
import type { SecondaryInput } from "./schemas.js";
import { readSettings } from "./settings.js";
import { touchBase } from "./zones.js";

type Env = Services["env"];
type Algorithm = Secondary["tsig"]["algorithm"];

/** As long as the digest (RFC 8945 §8). */
const SECRET_BYTES: Record<Algorithm, number> = { "hmac-sha256": 32, "hmac-sha512": 64 };
const MAX_SECONDARIES = 20;

/** A secondary with its secret, which is told only when it is made. */
export interface NewSecondary {
  row: DnsSecondary;
  secret: Secret;
}

/** The secondaries, by name. */
export async function listSecondaries(ctx: Context): Promise<DnsSecondary[]> {
  requireAdmin(ctx);
  return ctx.db.dnsSecondary.findMany({ orderBy: { name: "asc" } });
}

/** Adds a secondary and makes its key. */
export async function addSecondary(ctx: Context, env: Env, input: SecondaryInput): Promise<NewSecondary> {
  requireAdmin(ctx);
  const address = plainAddress(input.address.trim());
  if (address === null) throw invalid("dns.address_invalid", {}, "address");
  const secret = newSecret(input.algorithm);
  return ctx.transaction(async (tx) => {
    if (await tx.db.dnsSecondary.findUnique({ where: { name: input.name } })) throw conflict("dns.secondary_exists", { name: input.name }, "name");
    if ((await tx.db.dnsSecondary.count()) >= MAX_SECONDARIES) throw conflict("dns.secondaries_full", { max: MAX_SECONDARIES });
    const { catalog } = await readSettings(tx.db);
    const created = await tx.db.dnsSecondary.create({ data: { ...input, address, tsigName: `${input.name}.${catalog}`, secret: "" } });
    const row = await tx.db.dnsSecondary.update({ where: { id: created.id }, data: { secret: seal(env.keys, placeOf(created), secret) } });
    tx.audit({ verb: "dns.secondary.added", accountId: null, object: objectOf(row), new: { address, port: input.port } });
    await touchBase(tx);
    return { row, secret };
  });
}

/** Makes another key for a secondary; the old one is refused as soon as this is published. */
export async function renewSecondary(ctx: Context, env: Env, id: string): Promise<NewSecondary> {
  requireAdmin(ctx);
  return ctx.transaction(async (tx) => {
    const known = await tx.db.dnsSecondary.findUnique({ where: { id } });
    if (!known) throw notFound("dns.secondary_unknown");
    const secret = newSecret(known.algorithm as Algorithm);
    const row = await tx.db.dnsSecondary.update({ where: { id }, data: { secret: seal(env.keys, placeOf(known), secret) } });
    tx.audit({ verb: "dns.secondary.renewed", accountId: null, object: objectOf(row) });
    await touchBase(tx);
    return { row, secret };
  });
}

/** Takes a secondary away: it is told of nothing any more, and its transfers are refused. */
export async function removeSecondary(ctx: Context, id: string): Promise<void> {
  requireAdmin(ctx);
  await ctx.transaction(async (tx) => {
    const row = await tx.db.dnsSecondary.findUnique({ where: { id } });
    if (!row) throw notFound("dns.secondary_unknown");
    await tx.db.dnsSecondary.delete({ where: { id } });
    tx.audit({ verb: "dns.secondary.removed", accountId: null, object: objectOf(row), old: { address: row.address, port: row.port } });
    await touchBase(tx);
  });
}

/** The secondaries as daemons take them, sorted by name. */
export async function baseSecondaries(db: Db, env: Env): Promise<Secondary[]> {
  const rows = await db.dnsSecondary.findMany({ orderBy: { name: "asc" } });
  return rows.map((row) => ({
    name: row.name,
    address: row.address,
    port: row.port,
    tsig: { name: row.tsigName, algorithm: row.algorithm as Algorithm, secret: unseal(env.keys, placeOf(row), row.secret).reveal() },
  }));
}

function newSecret(algorithm: Algorithm): Secret {
  return new Secret(randomBytes(SECRET_BYTES[algorithm]).toString("base64"));
}

function placeOf({ id }: { id: string }) {
  return { table: "DnsSecondary", row: id, column: "secret" };
}

function objectOf({ id, name }: Pick<DnsSecondary, "id" | "name">) {
  return { type: "secondary", id, name };
}
