/** What the nights brought: files that were changed by hand, units that stand still for each reason, a renderer that waits for a word, a machine that is away. */
import type { Host } from "../../src/generated/sqlite/client.js";
import { publisherOf, readUnits } from "../../src/publish/index.js";
import type { TestApp } from "../support/app.js";
import { setUnit } from "./units.js";

const HOUR = 3_600_000;

/** Addresses of what was added: hand edits by what became of them, one held unit by its reason. */
export interface Trouble {
  drifts: Record<string, string>;
  holds: Record<string, string>;
}

/** Adds it. `accountId` has one unit that was put back; `otherId` has one that a guard holds, and another that waits for a machine that is away. */
export async function addTrouble(app: TestApp, host: Host, accountId: string, otherId: string, publicationId: string): Promise<Trouble> {
  const { db } = app.services;
  const now = app.clock.now();
  const { number } = await db.account.findUniqueOrThrow({ where: { id: accountId } });
  const { number: other } = await db.account.findUniqueOrThrow({ where: { id: otherId } });
  const heldAt = new Date(now.getTime() - HOUR);
  await setUnit(app, host, "php", `${number}/8.3`, { hold: "putBack", holdData: { number: 118 }, heldAt, heldBy: "jeanne", wanted: { increment: 1 } });
  await setUnit(app, host, "web", String(other), { hold: "guard", holdData: {}, heldAt, wanted: { increment: 1 } });
  const away = await db.host.findFirstOrThrow({ where: { reachable: false } });
  await db.host.update({ where: { id: away.id }, data: { awaySince: heldAt } });
  await db.publishUnit.create({ data: { hostId: away.id, role: "ftp", key: String(other), accountId: otherId, wanted: 1, touchedAt: heldAt } });
  const hosts = [
    { id: host.id, name: host.name, different: 214, state: "pending" },
    { id: away.id, name: away.name, different: 9, state: "pending" },
  ];
  const counted = { units: 1_912, different: 223, accountId, publications: [publicationId], hosts };
  await db.rendererChange.create({ data: { ...counted, state: "waiting", reason: "renderer", fingerprint: "0".repeat(64), createdAt: heldAt } });
  const held = await db.publishUnit.findMany({ where: { hold: { not: null } } });
  return { drifts: await addDrifts(app, host, number, accountId), holds: Object.fromEntries(held.map(({ hold, id }) => [hold as string, id])) };
}

async function addDrifts(app: TestApp, host: Host, number: number, accountId: string): Promise<Record<string, string>> {
  const { db } = app.services;
  const { store } = publisherOf(app.services);
  const { path, left } = await writtenNow(app, host, number);
  const edited = left.replace('upload_max_filesize "64M"', 'upload_max_filesize "1G"');
  const [leftHash, hash] = [await store.put(left), await store.put(edited)];
  const seenAt = new Date(app.clock.now().getTime() - 30 * HOUR);
  const unit = { hostId: host.id, role: "web", key: String(number), accountId, seenAt, lastSeenAt: app.clock.now() };
  const changed = { ...unit, path, kind: "changed", leftHash, hash, kept: true, carried: true };
  const added = { ...unit, role: null, key: null, accountId: null, path: "00/nginx/sites/essai-de-paul.conf", kind: "added", hash, kept: true };
  const rows = [
    { ...changed, state: "open" },
    { ...changed, path: path.replace("accounts", "wildcards-3"), state: "adopted", decidedBy: "jeanne" },
    { ...changed, path: path.replace("apache/accounts", "nginx/proxies"), state: "refused", endedAt: app.clock.now() },
    { ...added, state: "gone", endedAt: app.clock.now() },
    { ...unit, path: "3c/apache/lien-vers-ailleurs", kind: "strange", state: "repaired", decidedBy: "jeanne", endedAt: app.clock.now() },
  ];
  const ids: Record<string, string> = {};
  for (const data of rows) ids[data.state] = (await db.drift.create({ data })).id;
  return ids;
}

/** The web server's file of an account, as the panel writes it now: nothing is published here, so the difference is the whole file. */
async function writtenNow(app: TestApp, host: Host, number: number): Promise<{ path: string; left: string }> {
  const units = await readUnits(app.services.db, host.id, { role: "web", keys: [String(number)] });
  const { files } = await publisherOf(app.services).dryRun(host.id, units);
  const file = files.find(({ path }) => path.endsWith(`/apache/accounts/${number}.conf`));
  if (!file) throw new Error(`no file of account ${number}`);
  return { path: file.path, left: `${file.lines.map(({ text }) => text).join("\n")}\n` };
}
