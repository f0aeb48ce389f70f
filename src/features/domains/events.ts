/** What domains tell the features above them, inside the transaction that changes them. */
export interface DomainFact {
  domainId: string;
  accountId: string;
  name: string;
}

declare module "../../core/events.js" {
  interface EventMap {
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
  }
}
