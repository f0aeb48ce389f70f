declare module "../../core/events.js" {
  interface EventMap {
    /** The database is an older one again, of this moment (ISO): what was ended since must not come back. */
    "backups.restored": { madeAt: string };
  }
}

export {};
