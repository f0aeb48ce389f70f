/** What accounts tell the features above them, inside the transaction that changes the account. */
export interface AccountChanged {
  accountId: string;
  what: "created" | "edited" | "suspended" | "resumed" | "removed" | "restored" | "purged";
}

/** Asks every feature what an account holds, before its removal: `add("domains", 12)`. */
export interface AccountCounting {
  accountId: string;
  add(key: string, count: number): void;
}

/** The web machines of an account changed. */
export interface AccountPlaced {
  accountId: string;
  /** Machines that begin or stop to serve its sites. */
  hostIds: string[];
  /** Its names lead to another machine from now on. */
  led: boolean;
}

declare module "../../core/events.js" {
  interface EventMap {
    "accounts.changed": AccountChanged;
    "accounts.placed": AccountPlaced;
    "accounts.counting": AccountCounting;
    /** The highest ceilings may have changed. */
    "accounts.plans_changed": Record<string, never>;
  }
}
