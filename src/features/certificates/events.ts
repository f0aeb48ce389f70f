/** What certificates tell the features above them, inside the transaction of the change. */
declare module "../../core/events.js" {
  interface EventMap {
    /** A subject has another certificate. */
    "certificates.changed": { subjectId: string; accountId: string | null; siteId: string | null; names: string[] };
  }
}

export {};
