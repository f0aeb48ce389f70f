declare module "../../core/events.js" {
  interface EventMap {
    /** A host appeared or its daemons changed: what must be there once is published. */
    "hosts.saved": { hostId: string; roles: string[] };
  }
}

export {};
