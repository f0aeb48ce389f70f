/** Accounts of a bench, laid in by few transactions: a site each, every other one a redirect, the others a folder with PHP and a pool. */
import { randomBytes } from "node:crypto";
import type { Context } from "../../../src/core/context.js";
import { DEFAULT_PLAN } from "../../../src/features/accounts/plans.js";
import { masterOf } from "../../../src/features/sites/pools.js";
import { BATCH } from "../../../src/publish/batches.js";
import type { HeldLimits } from "../../../src/publish/unit-pages.js";

const FIRST_NUMBER = 2000;
const REDIRECTS_EVERY = 2;
const PHP = "8.2";
/** Of a host that nobody changed: which account has its PHP beside which. */
export const MASTERS = 16;
const ROWS = 200;
/** Accounts of one transaction: none takes so long that it is given up. */
const ACCOUNTS_AT_ONCE = 1000;
/** Two plans that differ in how many PHP processes an account may have. */
export const PLANS = { bench: "bench", more: "bench, more workers" };

/** A batch of so many units of such accounts; in what ships, the rows behind them may cut it smaller. */
export const batchOf = (units: number): HeldLimits => ({ units, rows: units * (BATCH.rows / BATCH.units) });

/** Lays so many on a host. */
export async function layAccounts(system: Context, hostId: string, count: number): Promise<void> {
  const plan = await system.transaction(async ({ db }) => {
    await db.accountCounter.create({ data: { id: 1, next: FIRST_NUMBER + count } });
    await db.plan.create({ data: { ...DEFAULT_PLAN, name: PLANS.more, phpWorkers: DEFAULT_PLAN.phpWorkers + 1 } });
    return db.plan.create({ data: { ...DEFAULT_PLAN, name: PLANS.bench } });
  });
  for (let laid = 0; laid < count; laid += ACCOUNTS_AT_ONCE) {
    await laySome(system, { hostId, planId: plan.id }, FIRST_NUMBER + laid, Math.min(ACCOUNTS_AT_ONCE, count - laid));
  }
}

/** Rows of so many accounts from a number on, in one transaction. */
async function laySome(system: Context, { hostId, planId }: { hostId: string; planId: string }, first: number, count: number): Promise<void> {
  await system.transaction(async ({ db }) => {
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    const id = (number: number, what: string) => `${what}-${number}`;
    const name = (number: number) => `s${number}.example.org`;
    const pages = Array.from({ length: Math.ceil(count / ROWS) }, (_, page) => numbers.slice(page * ROWS, (page + 1) * ROWS));
    for (const page of pages) {
      await db.account.createMany({
        data: page.map((number) => ({
          ...{
            id: id(number, "account"),
            number,
            login: `a${number}`,
            name: `Association ${number}`,
            search: `a${number}`,
          },
          ...{ planId, webHostId: hostId, filesHostId: hostId },
        })),
      });
      await db.domain.createMany({
        data: page.map((number) => ({
          id: id(number, "domain"),
          accountId: id(number, "account"),
          name: name(number),
          search: name(number),
        })),
      });
      await db.claim.createMany({
        data: page.map((number) => ({
          name: name(number),
          accountId: id(number, "account"),
        })),
      });
      await db.site.createMany({
        data: page.map((number) => ({
          ...{
            id: id(number, "site"),
            accountId: id(number, "account"),
            title: name(number),
            search: name(number),
            forceHttps: false,
            folder: "www",
          },
          ...(number % REDIRECTS_EVERY === 1
            ? {
                kind: "redirect" as const,
                target: "https://elsewhere.test/",
                redirectStatus: 302,
              }
            : { kind: "folder" as const, phpVersion: PHP }),
        })),
      });
      await db.siteAddress.createMany({
        data: page.map((number) => ({
          siteId: id(number, "site"),
          accountId: id(number, "account"),
          domainId: id(number, "domain"),
          name: name(number),
        })),
      });
      const withPhp = page.filter((number) => number % REDIRECTS_EVERY === 0);
      await db.phpPool.createMany({
        data: withPhp.map((number) => ({
          accountId: id(number, "account"),
          version: PHP,
          master: masterOf(number, MASTERS),
          socket: `${randomBytes(16).toString("hex")}.sock`,
        })),
      });
    }
  });
}
