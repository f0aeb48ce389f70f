/** Writes the rows of units as a publisher of another process does. */
import type { Host, Prisma } from "../../src/generated/sqlite/client.js";
import type { TestApp } from "../support/app.js";

/** Everything that is wanted was published and answered. */
export async function publishAll(app: TestApp, host: Host): Promise<void> {
  const { db } = app.services;
  for (const unit of await db.publishUnit.findMany({ where: { hostId: host.id } })) {
    await db.publishUnit.update({ where: { id: unit.id }, data: { published: unit.wanted, verified: unit.wanted, serving: "present" } });
  }
}

/** Changes one unit's row. */
export async function setUnit(app: TestApp, host: Host, role: string, key: string, data: Prisma.PublishUnitUpdateInput): Promise<void> {
  await app.services.db.publishUnit.update({ where: { hostId_role_key: { hostId: host.id, role, key } }, data });
}
