import type { RecordName } from "./role.js";

/** What dns tells the features above it, inside the transaction of the change. */
declare module "../../core/events.js" {
  interface EventMap {
    /** What a zone serves changed by somebody's hand: its records, its mode, its signatures. */
    "dns.zone_changed": { domainId: string; accountId: string; name: RecordName };
  }
}
