/** What is watched of zones: that signatures are made anew long before they end. A program that has stopped signing takes every zone with it. */
import type { Context } from "../../core/context.js";
import type { Check } from "../../core/feature.js";
import { hostsServing } from "../hosts/index.js";

const HOUR_MS = 3_600_000;
/** Knot signs for fourteen days and anew at seven left, BIND likewise at five: who comes here has not been signed anew for days. */
const SOON_HOURS = 72;
const TOO_SOON_HOURS = 24;

/** A check for each host that answers names. */
export async function watchZones({ db, clock }: Context): Promise<Check[]> {
  const hosts = await hostsServing(db, "dns");
  return Promise.all(
    hosts.map(async ({ id, name }): Promise<Check> => {
      const where = { mode: "hosted" as const, signed: true, dnsHostId: id, signedUntil: { not: null }, domain: { state: "live" as const } };
      const first = await db.zone.findFirst({ where, orderBy: { signedUntil: "asc" }, select: { name: true, signedUntil: true } });
      const base = { name: "signatures", subject: name, href: "/dns/zones" };
      if (!first?.signedUntil) return { ...base, state: "ok", says: { key: "dns.checks.signatures_none", data: { host: name } } };
      const hours = (first.signedUntil.getTime() - clock.now().getTime()) / HOUR_MS;
      const state = hours < TOO_SOON_HOURS ? "failing" : hours < SOON_HOURS ? "warning" : "ok";
      const data = { host: name, zone: first.name, at: first.signedUntil.toISOString() };
      const says = { key: hours <= 0 ? "dns.checks.signatures_over" : "dns.checks.signatures", data };
      return { ...base, state, says, ...(state === "ok" ? {} : { todo: { key: "dns.checks.signatures_todo", data } }) };
    }),
  );
}
