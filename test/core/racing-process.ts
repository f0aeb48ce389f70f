/** One of two processes of transaction.test.ts: adds one to a counter, many times, by reading it and writing it back. */
import { openDatabase } from "../../src/core/db.js";
import { createEvents } from "../../src/core/events.js";
import { createLog } from "../../src/core/log.js";
import { systemClock } from "../../src/core/services.js";
import { createContextFactory } from "../../src/core/transaction.js";

const [url = "", times = "0"] = process.argv.slice(2);
const database = await openDatabase(url);
const context = createContextFactory({ database, events: createEvents(), clock: systemClock, log: createLog("silent") });
const ctx = context({ kind: "system", name: `racer ${process.pid}` });
for (let i = 0; i < Number(times); i += 1) {
  await ctx.transaction(async (tx) => {
    const { value } = await tx.db.setting.findUniqueOrThrow({ where: { key: "counter" } });
    await tx.db.setting.update({ where: { key: "counter" }, data: { value: String(Number(value) + 1) } });
    tx.audit({ verb: "test.counter.raised", accountId: null, object: { type: "setting", id: "counter", name: "counter" } });
  });
}
await database.close();
