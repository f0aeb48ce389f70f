/** What sites tell the features above them, inside the transaction of the change. */
declare module "../../core/events.js" {
  interface EventMap {
    /** Addresses of a site, complete, after they changed; those of domains that lie in the bin are left out. */
    "sites.changed": { siteId: string; accountId: string; names: string[] };
    /** A site is another account's now, with its addresses. */
    "sites.moved": { siteId: string; from: string; to: string };
    /** Before the row of a site disappears. */
    "sites.releasing": { siteId: string; accountId: string };
  }
}

export {};
