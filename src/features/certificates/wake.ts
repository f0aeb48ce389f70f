/** Starts a delivery as soon as there is something to deliver; the job of each minute takes what a dead process left. */
import type { Services } from "../../core/services.js";

let deliver: ((services: Services) => Promise<unknown>) | null = null;

/** Says what a delivery is; the jobs do, when they are loaded. */
export function onWake(act: (services: Services) => Promise<unknown>): void {
  deliver = act;
}

/** Delivers now, without being waited for. Where no daemon is known there is nobody to deliver to. */
export function wakeDelivery(services: Services): void {
  if (!deliver || !services.publisher || services.publisher.daemons.size === 0) return;
  deliver(services).catch((error: unknown) => services.log.error({ err: error }, "certificates were not delivered"));
}
