/** Unix numbers of accounts: given once, never again. */
import type { TransactionContext } from "../../core/context.js";

const FIRST_NUMBER = 2000; // AlternC's start, so that imported numbers fit (DESIGN "Members' files")
const COUNTER = 1;

/** Takes the next free number. */
export async function takeNumber(tx: TransactionContext): Promise<number> {
  const counter = await tx.db.accountCounter.upsert({
    where: { id: COUNTER },
    create: { id: COUNTER, next: FIRST_NUMBER + 1 },
    update: { next: { increment: 1 } },
  });
  return counter.next - 1;
}
