/** A program of touched-memory.test.ts: a database of many touched units, cut into batches as a run does. Prints what it found. */
import { openBatches } from "../../src/publish/batches.js";
import type { Desired, Role } from "../../src/publish/contract.js";
import type { Engine } from "../../src/publish/engine.js";
import { surveyWaiting } from "../../src/publish/touched-rows.js";
import { createTestContext } from "../support/context.js";
import type { Scope } from "../support/database.js";
import { hostRecord } from "./rig.js";

const HOST = "web1";
const count = Number(process.argv[2]);

const ends: (() => unknown)[] = [];
const scope = { after: (end: () => unknown) => void ends.unshift(end) } as unknown as Scope;
const role: Role<null> = {
  ...{ name: "web", after: [] },
  keys: async () => [],
  collect: async (_db, _host, wanted) =>
    wanted.map((key): Desired<null> => ({ key, accountId: key, says: [], claims: [`s${key}.example.org`], withdrawn: false, probes: [], state: null })),
};
const ctx = await createTestContext(scope);
// By the database itself: what Prisma keeps of five hundred rows a question would be what is measured.
await ctx.db.$executeRaw`WITH RECURSIVE n(i) AS (SELECT 100000 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 100000 + ${count})
  INSERT INTO PublishUnit (id, hostId, role, key, accountId, wanted, touchedBy, updatedAt)
  SELECT 'unit-' || i, ${HOST}, 'web', CAST(i AS TEXT), 'account-' || i, 1, 'marie', CURRENT_TIMESTAMP FROM n`;
const host = hostRecord(HOST, { kind: "direct", argv: ["/nonexistent/apply"] }, [{ name: "tester", role: "web" }], 1);
const engine = { roles: new Map([["web", role]]), limits: { batch: { units: 500, rows: 8_000 }, afterSeconds: 60 } } as unknown as Engine;
const { units, by } = await surveyWaiting(ctx, HOST);
const batches = openBatches(engine, ctx, host);
const first = await batches.next();
process.stdout.write(JSON.stringify({ units, by: [...by], first: first.length, waiting: batches.waiting.length }));
for (const end of ends) await end();
