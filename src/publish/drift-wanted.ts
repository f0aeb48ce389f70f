/** What the desired state would write in the place of a hand edit, now. */
import type { Context } from "../core/context.js";
import type { HostRecord } from "./contract.js";
import { collectPage } from "./desired.js";
import type { Engine, UnitRow } from "./engine.js";
import { renderUnits } from "./render.js";
import { COLUMNS } from "./touched-rows.js";

/** The hash of the file that would be written, its content in the store; null: no file would be; undefined: it cannot be told. */
export async function wantedHash(
  engine: Engine,
  ctx: Context,
  host: HostRecord,
  { role, key, path }: { role: string; key: string; path: string },
): Promise<string | null | undefined> {
  const known = engine.roles.get(role);
  const row: UnitRow | null = await ctx.db.publishUnit.findUnique({ where: { hostId_role_key: { hostId: host.id, role, key } }, select: COLUMNS });
  if (known === undefined || row === null) return undefined;
  const units = await collectPage(ctx, host, known, [row]);
  await renderUnits(engine, host, units);
  const [unit] = units;
  if (unit === undefined || unit.fault !== null) return undefined;
  return unit.files.find((file) => file.path === path)?.hash ?? null;
}
