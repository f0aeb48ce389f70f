/** Facts that travel upward. A feature adds its own by declaration merging: `declare module "../../core/events.js" { interface EventMap { "domains.removed": … } }`. */
import type { TransactionContext } from "./context.js";

// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in the features
export interface EventMap {}

/** Runs in the emitter's transaction: throwing undoes the emitter's act. */
export type EventHandler<Fact> = (tx: TransactionContext, fact: Fact) => Promise<void>;

/** Who listens to what. Handlers run one after the other, in the order in which they were added. */
export interface Events {
  on<K extends keyof EventMap>(name: K, handler: EventHandler<EventMap[K]>): void;
  emit<K extends keyof EventMap>(tx: TransactionContext, name: K, fact: EventMap[K]): Promise<void>;
}

/** Makes an empty register of listeners. */
export function createEvents(): Events {
  const handlers = new Map<PropertyKey, EventHandler<never>[]>();
  return {
    on(name, handler) {
      handlers.set(name, [...(handlers.get(name) ?? []), handler as EventHandler<never>]);
    },
    async emit(tx, name, fact) {
      for (const handler of handlers.get(name) ?? []) await handler(tx, fact as never);
    },
  };
}

/** Adds the handlers that a feature declares in `on`. */
export function addHandlers(events: Events, handlers: { [K in keyof EventMap]?: EventHandler<EventMap[K]> } = {}): void {
  for (const [name, handler] of Object.entries(handlers)) events.on(name as keyof EventMap, handler as EventHandler<EventMap[keyof EventMap]>);
}
