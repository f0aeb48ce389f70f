/** Chips as they change, for the pages that are open now. */
import { EventEmitter } from "node:events";
import type { Db } from "../core/db.js";
import { type Chip, type ChipRow, chipOf } from "./chip.js";

/** A unit whose chip changed. */
export interface UnitNews {
  hostId: string;
  role: string;
  key: string;
  accountId: string | null;
  chip: Chip;
}

export interface UnitEvents {
  emit(news: UnitNews): void;
  /** Listens until the returned function is called. While anybody listens, changes made by other processes are polled for. */
  listen(listener: (news: UnitNews) => void): () => void;
  close(): void;
}

const POLL_MS = 2_000;

/** Makes the emitter of a process. */
export function createUnitEvents(db: Db, onError: (error: unknown) => void): UnitEvents {
  const emitter = new EventEmitter().setMaxListeners(0);
  let timer: NodeJS.Timeout | null = null;
  let seen = new Date();
  let polling = false;

  const poll = async (): Promise<void> => {
    if (polling) return;
    polling = true;
    try {
      // One second back: clocks of several panels agree that far, and a chip told twice does no harm.
      const since = new Date(seen.getTime() - 1_000);
      const rows = await db.publishUnit.findMany({ where: { updatedAt: { gt: since } }, orderBy: { updatedAt: "asc" }, take: 500 });
      for (const row of rows) emitter.emit("unit", newsOf(row));
      seen = rows.at(-1)?.updatedAt ?? seen;
    } catch (error) {
      onError(error);
    } finally {
      polling = false;
    }
  };
  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };

  return {
    emit: (news) => void emitter.emit("unit", news),
    listen(listener) {
      emitter.on("unit", listener);
      if (timer === null) {
        seen = new Date();
        timer = setInterval(() => void poll(), POLL_MS);
        timer.unref();
      }
      return () => {
        emitter.off("unit", listener);
        if (emitter.listenerCount("unit") === 0) stop();
      };
    },
    close() {
      stop();
      emitter.removeAllListeners();
    },
  };
}

/** Turns a row into news. */
export function newsOf(row: ChipRow & { hostId: string; role: string; key: string; accountId: string | null }): UnitNews {
  const { hostId, role, key, accountId } = row;
  return { hostId, role, key, accountId, chip: chipOf(row) };
}
