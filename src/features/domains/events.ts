/** What domains tell the features above them, inside the transaction that changes them. */
export interface DomainFact {
  domainId: string;
  accountId: string;
  name: string;
}

/** On its way from one account to another. */
export interface DomainMove {
  domainId: string;
  name: string;
  from: string;
  to: string;
}

/** One line of what a move means: `stops` "site addresses" 2. The key is a message of `domains.counts`. */
export interface MoveCount {
  what: "moves" | "stops" | "stays";
  key: string;
  count: number;
}

declare module "../../core/events.js" {
  interface EventMap {
    /** Asks by which names the hosting is reached, so that nobody else may hold them. */
    "domains.reserving": { add(name: string): void };
    /** Before a name is given to an account: throw to refuse. */
    "domains.adding": Omit<DomainFact, "domainId">;
    /** A domain is an account's now. */
    "domains.added": DomainFact;
    "domains.removed": DomainFact;
    "domains.restored": DomainFact;
    /** Before the row disappears: its countdown ended, or its owner let it go early. */
    "domains.releasing": DomainFact;
    /** Asks what stands on a domain, before its removal. */
    "domains.counting": DomainFact & { add(key: string, count: number): void };
    /** Asks what a move would mean; `to` is null while nobody is named. */
    "domains.counting_move": Omit<DomainMove, "to"> & { to: string | null; add(what: MoveCount["what"], key: string, count: number): void };
    /**
     * Before a domain passes to another account: rows that hang on it and stay behind are let go of now. `keep` puts aside what the way back needs,
     * `kept` is what the way here had put aside, by feature; `after` runs when the domain is the other account's.
     */
    "domains.moving": DomainMove & {
      kept: Readonly<Record<string, unknown>>;
      keep(feature: string, data: unknown): void;
      after(act: () => Promise<void>): void;
    };
    /** The domain is the other account's. */
    "domains.moved": DomainMove;
  }
}
