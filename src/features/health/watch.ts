/** Watches domains whose page is open: asks again and again, first often, then less, and tells every page that looks. */
import type { Services } from "../../core/services.js";
import { checkHealth, type Health } from "./checks.js";

const SOON_MS = 3000;
const LATER_MS = 15_000;
const MUCH_LATER_MS = 60_000;
/** Looks after which one comes more seldom: two minutes, then half an hour. */
const OFTEN = 40;
const LESS_OFTEN = 150;
const MAX_WATCHED = 100;

type Listener = (health: Health) => void;

interface Watched {
  listeners: Set<Listener>;
  timer: NodeJS.Timeout | null;
  looks: number;
}

export interface Watch {
  /** Tells the listener what each look saw; gives the function that ends it. null: too many are watched already. */
  follow(domainId: string, listener: Listener): (() => void) | null;
}

/** Makes the watch of a panel. */
export function createWatch(services: Services): Watch {
  const watched = new Map<string, Watched>();
  const ctx = () => services.context({ kind: "system", name: "health.watch" });

  async function look(domainId: string, one: Watched): Promise<void> {
    try {
      const health = await checkHealth(ctx(), services, domainId);
      for (const listener of one.listeners) listener(health);
    } catch (error) {
      services.log.warn({ err: error, domainId }, "a domain that is watched was not checked");
    }
    one.looks += 1;
    if (one.listeners.size > 0) plan(domainId, one);
    else watched.delete(domainId);
  }

  function plan(domainId: string, one: Watched): void {
    const pause = one.looks < OFTEN ? SOON_MS : one.looks < LESS_OFTEN ? LATER_MS : MUCH_LATER_MS;
    one.timer = setTimeout(() => {
      one.timer = null;
      void look(domainId, one);
    }, pause);
    one.timer.unref();
  }

  return {
    follow(domainId, listener) {
      const one = watched.get(domainId) ?? { listeners: new Set(), timer: null, looks: 0 };
      if (!watched.has(domainId)) {
        if (watched.size >= MAX_WATCHED) return null;
        watched.set(domainId, one);
        plan(domainId, one);
      }
      one.listeners.add(listener);
      return () => {
        one.listeners.delete(listener);
        if (one.listeners.size > 0 || one.timer === null) return;
        clearTimeout(one.timer);
        watched.delete(domainId);
      };
    },
  };
}
