declare module "../../core/events.js" {
  interface EventMap {
    /** A host appeared or its daemons changed: what must be there once is published. */
    "hosts.saved": { hostId: string; roles: string[] };
    /** Names of its sites lead elsewhere now. */
    "hosts.moved": { hostId: string };
    /** Before a host is forgotten: throw to refuse. */
    "hosts.removing": { hostId: string; name: string };
    /** Names by which people reach a host for one purpose, complete, after they changed. */
    "hosts.named": { hostId: string; purpose: string; names: string[] };
    /** A host answered: each daemon's own lines. */
    "hosts.told": { hostId: string; name: string; daemons: ReadonlyMap<string, readonly (readonly [string, string])[]> };
  }
}

export {};
