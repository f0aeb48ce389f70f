/** Tells a member's mistake from ours. Pure. */

/** Accounts that may fail alike in one run before the fault is ours. */
const MOST_ACCOUNTS_ALIKE = 5;
/** Share of the changed units likewise: counts once it is more than the number above. */
const MOST_SHARE_ALIKE = 0.05;

export interface BlamedUnit {
  accountId: string | null;
  code: string;
}

/** Finds the code with which more accounts fail than chance explains, or null: then each failure is its unit's own. */
export function commonFault(blamed: readonly BlamedUnit[], changedUnits: number): { code: string; accounts: number } | null {
  const accounts = new Map<string, Set<string>>();
  for (const { accountId, code } of blamed) {
    if (accountId === null) continue;
    const alike = accounts.get(code) ?? new Set();
    accounts.set(code, alike.add(accountId));
  }
  const most = Math.max(MOST_ACCOUNTS_ALIKE, Math.floor(changedUnits * MOST_SHARE_ALIKE));
  for (const [code, alike] of accounts) if (alike.size > most) return { code, accounts: alike.size };
  return null;
}
