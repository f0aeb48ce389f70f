/** Brings certificates to their places, and looks from outside whether they are shown there. One machine that is away delays no other. */
import type { Context } from "../../core/context.js";
import type { ErrorData } from "../../core/errors.js";
import { placeOwnCertificate } from "../../core/http/own-certificate.js";
import type { CertificateFile } from "../../core/machine/index.js";
import type { Services } from "../../core/services.js";
import type { Certificate, CertificatePlace } from "../../generated/sqlite/client.js";
import { type HostRecord, publisherOf } from "../../publish/index.js";
import { keyOf, nextNumber } from "./certificates.js";
import { failPlace, notePlaced, noteTakenOff, noteVerified } from "./place-outcomes.js";
import { PANEL } from "./places.js";
import { dueRanges } from "./schedule.js";
import { shownBy } from "./showing.js";
import { showingOf } from "./showing-places.js";

const BATCH = 500;
const AT_ONCE = 8;

/** Delivers what is due. Gives what was done, in a few words. */
export async function deliverDue(ctx: Context, services: Services): Promise<string> {
  const now = ctx.clock.now();
  const due: CertificatePlace[] = [];
  for (const nextAt of dueRanges(now))
    due.push(...(await ctx.db.certificatePlace.findMany({ where: { nextAt }, orderBy: [{ nextAt: "asc" }, { name: "asc" }], take: BATCH - due.length })));
  if (due.length === 0) return "nothing due";
  const groups = new Map<string, CertificatePlace[]>();
  for (const place of due) groups.set(`${place.hostId} ${place.role}`, [...(groups.get(`${place.hostId} ${place.role}`) ?? []), place]);
  const counts = await Promise.all([...groups.values()].map((places) => deliverTo(ctx, services, places)));
  const sum = (of: (count: Count) => number) => counts.reduce((total, count) => total + of(count), 0);
  return `${sum(({ placed }) => placed)} placed, ${sum(({ verified }) => verified)} verified, ${due.length} due`;
}

interface Count {
  placed: number;
  verified: number;
}

async function deliverTo(ctx: Context, services: Services, places: CertificatePlace[]): Promise<Count> {
  const [first] = places;
  if (!first) return { placed: 0, verified: 0 };
  const certificates = await wantedOf(ctx, places);
  if (first.hostId === PANEL) return deliverToPanel(ctx, services, places, certificates);
  const host = await publisherOf(services).hosts.find(ctx.db, first.hostId);
  const daemon = host && certificateDaemon(services, host, first.role);
  if (!host || !daemon) {
    // The machine is forgotten, or has nothing any more that shows certificates.
    for (const place of places) await noteTakenOff(ctx, place);
    return { placed: 0, verified: 0 };
  }
  const away = await host.machine.probe();
  if (away !== null) return failAll(ctx, places, "certificates.machine_away", { host: host.name, detail: away });
  const files = await filesOf(ctx, services, places, certificates);
  const outcome = await host.machine.certificates({ daemon, files });
  if (!outcome.ok) return failAll(ctx, places, "certificates.machine_failed", { host: host.name, detail: describe(outcome.failure) });
  const refused = new Map(outcome.value.refused.map(({ name, reason }) => [name, reason]));
  const placed: CertificatePlace[] = [];
  for (const place of places) {
    const reason = refused.get(place.name);
    const file = files.find(({ name }) => name === place.name);
    if (reason !== undefined)
      await failPlace(ctx, place, { code: "certificates.machine_refused", data: { host: host.name, name: place.name, reason } }, reason === "older");
    else if (place.wantedId === null || !file) await noteTakenOff(ctx, place);
    else {
      await notePlaced(ctx, place, file.number);
      placed.push(place);
    }
  }
  return { placed: placed.length, verified: await verifyAll(ctx, services, placed, certificates, host) };
}

/** The panel's own files: one certificate, by its only name. */
async function deliverToPanel(ctx: Context, services: Services, places: CertificatePlace[], certificates: ReadonlyMap<string, Certificate>): Promise<Count> {
  const { tls } = services.env;
  let placed = 0;
  const wanted: CertificatePlace[] = [];
  for (const place of places) {
    const certificate = certificates.get(place.wantedId ?? "");
    // Where a proxy of this machine ends TLS the certificate is its affair.
    if (!certificate || !tls) {
      await noteTakenOff(ctx, place);
      continue;
    }
    try {
      await placeOwnCertificate(tls, { chain: certificate.chain, key: keyOf(services, certificate).reveal() });
    } catch (error) {
      await failPlace(ctx, place, { code: "certificates.panel_files", data: { detail: (error as Error).message.slice(0, 200) } });
      continue;
    }
    await notePlaced(ctx, place, certificate.number);
    wanted.push(place);
    placed += 1;
  }
  return { placed, verified: await verifyAll(ctx, services, wanted, certificates, null) };
}

async function verifyAll(
  ctx: Context,
  services: Services,
  places: readonly CertificatePlace[],
  certificates: ReadonlyMap<string, Certificate>,
  host: HostRecord | null,
): Promise<number> {
  const waiting = [...places];
  let verified = 0;
  const work = async () => {
    for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
      const certificate = certificates.get(place.wantedId ?? "");
      if (certificate && (await verify(ctx, services, place, certificate, host))) verified += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return verified;
}

async function verify(ctx: Context, services: Services, place: CertificatePlace, certificate: Certificate, host: HostRecord | null): Promise<boolean> {
  const showing = showingOf(services, place, host);
  // Nothing of this machine is reached from outside: what it placed and examined is all that can be known.
  if (!showing) return noteVerified(ctx, place, certificate);
  const shown = await shownBy(showing);
  if ("fingerprint" in shown && shown.fingerprint === certificate.fingerprint) return noteVerified(ctx, place, certificate);
  const data = { name: place.name, address: showing.address };
  const problem =
    "fingerprint" in shown
      ? { code: "certificates.other_shown", data }
      : { code: shown.tls ? "certificates.no_handshake" : "certificates.not_reached", data: { ...data, detail: shown.error } };
  await failPlace(ctx, place, problem);
  return false;
}

async function filesOf(
  ctx: Context,
  services: Services,
  places: readonly CertificatePlace[],
  certificates: ReadonlyMap<string, Certificate>,
): Promise<CertificateFile[]> {
  const next = places.some(({ wantedId }) => wantedId === null) ? await ctx.transaction((tx) => nextNumber(tx)) : 0;
  return places.flatMap(({ name, wantedId, number }): CertificateFile[] => {
    if (wantedId === null) return [{ name, number: Math.max(next, number + 1), pem: null }];
    const certificate = certificates.get(wantedId);
    // The row went meanwhile: its place is wanted by nobody, and the next run sees it.
    return certificate ? [{ name, number: certificate.number, pem: `${certificate.chain.trim()}\n${keyOf(services, certificate).reveal().trim()}\n` }] : [];
  });
}

async function wantedOf(ctx: Context, places: readonly CertificatePlace[]): Promise<Map<string, Certificate>> {
  const rows = await ctx.db.certificate.findMany({ where: { id: { in: places.flatMap(({ wantedId }) => wantedId ?? []) } } });
  return new Map(rows.map((row) => [row.id, row]));
}

async function failAll(ctx: Context, places: readonly CertificatePlace[], code: string, data: ErrorData): Promise<Count> {
  for (const place of places) await failPlace(ctx, place, { code, data });
  return { placed: 0, verified: 0 };
}

/** The daemon that shows certificates for a role of a host; null: none does. */
export function certificateDaemon(services: Services, host: HostRecord, role: string): string | null {
  const { daemons } = publisherOf(services);
  return host.daemons.find((one) => one.role === role && daemons.get(one.name)?.certificates === true)?.name ?? null;
}

function describe(failure: { kind: string; reason?: string }): string {
  return failure.reason ? `${failure.kind}: ${failure.reason}`.slice(0, 200) : failure.kind;
}
