/** Many accounts with one PHP site each, made by the program's own acts while its publisher sleeps, so that one run publishes them all. */
import { run } from "../lab/run.js";
import type { House } from "./rig.js";

export interface Villager {
  accountId: string;
  number: number;
  siteId: string;
  name: string;
  folder: string;
}

/** What a script in the panel's folder needs to act as the panel does, without a publisher. */
const WORLD = `
  import { openDatabase } from "/opt/mutu/dist/core/db.js";
  import { discoverFeatures } from "/opt/mutu/dist/core/discover.js";
  import { readEnv } from "/opt/mutu/dist/core/env.js";
  import { addHandlers, createEvents } from "/opt/mutu/dist/core/events.js";
  import { createLog } from "/opt/mutu/dist/core/log.js";
  import { systemClock } from "/opt/mutu/dist/core/services.js";
  import { createContextFactory } from "/opt/mutu/dist/core/transaction.js";
  import { addAccount } from "/opt/mutu/dist/features/accounts/accounts.js";
  import { addSite, editSite } from "/opt/mutu/dist/features/sites/sites.js";
  const database = await openDatabase(readEnv().databaseUrl.reveal());
  const events = createEvents();
  for (const feature of await discoverFeatures()) addHandlers(events, feature.on);
  const ctx = createContextFactory({ database, log: createLog("silent"), clock: systemClock, events })({ kind: "system", name: "test" });
  const done = async (answer) => { process.stdout.write(JSON.stringify(answer)); await database.close(); };`;

/** Makes the accounts; their one owner is `login`. Nothing is published yet. */
export async function settleVillage(house: House, count: number, login: string): Promise<Villager[]> {
  return house.script(
    `${WORLD}
    const [count, ownerLogin] = process.argv.slice(1);
    await ctx.db.plan.updateMany({ data: { maxDomains: 50, maxSites: 50 } });
    const villagers = [];
    for (let index = 0; index < Number(count); index += 1) {
      const word = "asso" + String(index).padStart(3, "0");
      const { account } = await addAccount(ctx, { login: word, name: word, ownerLogin, ownerEmail: ownerLogin + "@example.com" });
      const site = await addSite(ctx, { accountId: account.id, address: word + ".org", withWww: false });
      villagers.push({ accountId: account.id, number: account.number, siteId: site.id, name: word + ".org", folder: site.folder });
    }
    await done(villagers);`,
    String(count),
    login,
  );
}

/** Changes the PHP memory of these sites, in one transaction each; nothing is published yet. */
export async function changeMemory(house: House, villagers: readonly Villager[], memoryMb: number): Promise<void> {
  await house.script(
    `${WORLD}
    const [ids, memoryMb] = process.argv.slice(1);
    for (const id of JSON.parse(ids)) await editSite(ctx, id, { memoryMb: Number(memoryMb) });
    await done(null);`,
    JSON.stringify(villagers.map(({ siteId }) => siteId)),
    String(memoryMb),
  );
}

const ASK_SECONDS = 20;

/** Asks each villager's page at this path in one go, from control; status and body (one line) by name. */
export async function askAll(house: House, villagers: readonly Villager[], path: string): Promise<Map<string, string>> {
  const ask = async (some: readonly Villager[]) => {
    if (some.length === 0) return [];
    const urls = some.map(({ name }) => `https://${name}${path}`);
    const curl = [
      "curl",
      "-q",
      "-s",
      "-k",
      "--noproxy",
      "*",
      "--max-time",
      `${ASK_SECONDS}`,
      "--connect-to",
      `::${house.web.ip}:`,
      "-w",
      "\\n%{http_code}\\n",
      "--",
    ];
    const { stdout } = await run(house.control.networkArgv([...curl, ...urls]), { timeoutMs: some.length * ASK_SECONDS * 1000 });
    const lines = stdout.split("\n");
    return some.map(({ name }, index) => [name, `${lines[2 * index + 1]} ${lines[2 * index]}`] as const);
  };
  const answers = new Map(await ask(villagers));
  // FPM's own race (pm = ondemand, edge-triggered): a request that comes in the moment when the last idle worker is ended waits for the next one.
  const silent = villagers.filter(({ name }) => answers.get(name) === "000 ");
  for (const [name, answer] of await ask(silent)) answers.set(name, answer);
  return answers;
}
