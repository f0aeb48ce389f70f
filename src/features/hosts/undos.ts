/** Changes of machines that can be taken back; for administrators, as the acts are. */
import { refuseChanged, type Undo } from "../../core/undo.js";
import { publisherOf } from "../../publish/index.js";
import { getSettings, setSettings } from "./settings.js";

/** By the verb of the entry. */
export const hostUndos: Record<string, Undo> = {
  async "hosts.daemon.set"(tx, { objectId, object, old, new: next }, services) {
    const { daemons } = publisherOf(services);
    // The entry names machine and daemon, in this order.
    const daemon = object.split(" ").at(-1) ?? "";
    const { values } = await getSettings(tx, daemons, objectId, daemon);
    refuseChanged(next, Object.fromEntries(Object.keys(next).map((name) => [name, String(values[name])])));
    await setSettings(tx, daemons, objectId, daemon, old);
  },
};
