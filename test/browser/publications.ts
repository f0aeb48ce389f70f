/** Publications that ended in each way, with the files that they changed. */
import { readFileSync } from "node:fs";
import type { Host, Prisma } from "../../src/generated/sqlite/client.js";
import { publisherOf } from "../../src/publish/index.js";
import type { TestApp } from "../support/app.js";

const GOLDEN = new URL("../../src/daemons/apache/golden/folder-php/files/accounts/2001.conf", import.meta.url);
const MINUTE = 60_000;
const ROOT = "5f2c9b1e4a7d80360b7de1c2a9f4";

/** Adds a done, a partial, a failed and a running one; gives their ids. */
export async function addPublications(app: TestApp, host: Host, accountId: string): Promise<Record<string, string>> {
  const { db } = app.services;
  const start = app.clock.now().getTime() - 90 * MINUTE;
  const { number: owner } = await db.account.findUniqueOrThrow({ where: { id: accountId } });
  const part = (role: string, key: string, more: Partial<Prisma.PublicationPartCreateWithoutPublicationInput> = {}) =>
    ({
      role,
      key,
      accountId,
      change: "changed",
      says: [],
      serving: "present",
      result: "verified",
      ...more,
    }) as Prisma.PublicationPartCreateWithoutPublicationInput;
  const web = part("web", String(owner), {
    says: [
      { key: "sites.plan.folder_php", data: { name: "www.amisducanal.test", folder: "www/amisducanal.test", version: "8.4", memory: 256 } },
      { key: "sites.plan.redirect", data: { name: "ancien-nom.test", target: "https://amisducanal.test/", status: 308 } },
    ],
  });
  const pool = part("php", `${owner}/8.4`, { says: [{ key: "sites.plan.pool", data: { version: "8.4", memory: 256, seconds: 60, workers: 5 } }] });
  const fault = { result: "failed", serving: "lastGood", faultCode: "php-fpm.version_missing", faultData: { version: "8.2" } };
  const refused = part("php", `${owner}/8.2`, {
    change: "added",
    says: [{ key: "sites.plan.pool", data: { version: "8.2", memory: 128, seconds: 30, workers: 5 } }],
    ...fault,
  });
  const steps = ["recover", "desired", "render", "plan", "list", "publish", "verify", "settle", "adopt"].map((step, index) => ({
    step,
    at: start,
    ms: 3 + index * 7,
  }));
  const output = [
    "AH00526: Syntax error on line 12 of /srv/mutu/live/apache/base.conf:",
    "Invalid command 'MutuAccount', perhaps misspelled or defined by a module not included in the server configuration",
  ];
  const errors = [{ step: "stage", code: "apache.unknown_directive", data: { directive: "MutuAccount" }, output }];
  const rows: [string, Prisma.PublicationPartCreateWithoutPublicationInput[], object[]][] = [
    ["failed", [part("web", "base", { accountId: null, result: "pending" })], errors],
    ["partial", [web, refused], []],
    ["running", [part("files", String(owner), { result: "pending", says: [{ key: "sites.plan.home", data: { count: 4 } }] })], []],
    ["done", [pool, web], []],
  ];
  const ids: Record<string, string> = {};
  for (const [index, [state, parts, found]] of rows.entries()) {
    const startedAt = new Date(start + index * 17 * MINUTE);
    const endedAt = state === "running" ? null : new Date(startedAt.getTime() + 1_400);
    const data = {
      hostId: host.id,
      number: 118 + index,
      state,
      author: "claire",
      steps,
      errors: found as Prisma.InputJsonValue,
      startedAt,
      endedAt,
      parts: { create: parts },
    };
    ids[state] = (await db.publication.create({ data })).id;
  }
  await addRelease(app, host, ids["done"] as string, owner, new Date(start));
  return ids;
}

async function addRelease(app: TestApp, host: Host, publicationId: string, owner: number, createdAt: Date): Promise<void> {
  const { store } = publisherOf(app.services);
  const after = readFileSync(GOLDEN, "utf8")
    .replaceAll("2001", String(owner))
    .replaceAll("amis.example.org", "amisducanal.test")
    .replace('memory_limit "128M"', 'memory_limit "256M"');
  const before = after.replace('memory_limit "256M"', 'memory_limit "128M"').replaceAll("3f1c7b0a9d2e4f60", "91b0e7d2c4a86f53");
  const [newHash, oldHash] = [await store.put(after), await store.put(before)];
  const change = { path: `8f/apache/accounts/${owner}.conf`, role: "web", key: String(owner), oldHash, newHash, size: after.length };
  const fixed = { hostId: host.id, units: [], createdAt };
  await app.services.db.release.create({ data: { ...fixed, number: 118, root: `aa${ROOT}`, parentRoot: null, publicationId, state: "past" } });
  await app.services.db.release.create({
    data: { ...fixed, number: 119, root: ROOT, parentRoot: `aa${ROOT}`, publicationId, state: "live", changes: { create: [change] } },
  });
}
