/** Changes of sites that can be taken back. */
import type { Undo, UndoEntry } from "../../core/undo.js";
import { changedFrom, refuseChanged } from "../../core/undo.js";
import { removeSite, restoreSite } from "./removal.js";
import type { SiteChange } from "./schemas.js";
import { addAddress, changeableSite, editSite, removeAddress, settingsOf } from "./sites.js";

/** By the verb of the entry. */
export const siteUndos: Record<string, Undo> = {
  async "sites.site.edited"(tx, entry) {
    const { site } = await changeableSite(tx, entry.objectId);
    const present: Record<string, unknown> = { ...settingsOf(site), canonical: site.canonical };
    const changed = changedFrom(entry);
    const names = Object.keys(changed);
    refuseChanged(pick(entry.new, names), pick(present, names));
    await editSite(tx, site.id, changeTo(changed));
  },
  async "sites.site.added"(tx, { objectId }) {
    await removeSite(tx, objectId);
  },
  async "sites.site.removed"(tx, { objectId }) {
    await restoreSite(tx, objectId);
  },
  async "sites.address.added"(tx, { objectId, new: next }) {
    const { site } = await changeableSite(tx, objectId);
    const names = (next["addresses"] as string[] | undefined) ?? [];
    const there = site.addresses.map(({ name }) => name).filter((name) => names.includes(name));
    refuseChanged({ addresses: [...names].sort() }, { addresses: there.sort() });
    for (const name of names) await removeAddress(tx, site.id, name);
  },
  async "sites.address.removed"(tx, { objectId, old }) {
    await addAddress(tx, objectId, { address: String(old["address"]), withWww: false });
  },
};

const pick = (values: Readonly<Record<string, unknown>>, names: string[]) => Object.fromEntries(names.map((name) => [name, values[name]]));

/** The columns as a form would send them. */
function changeTo(old: UndoEntry["old"]): SiteChange {
  const { errorPages, ...columns } = old;
  const texts = new Set(["folder", "phpVersion", "canonical", "target", "proxyTarget"]);
  const change = Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, value === null && texts.has(name) ? "" : value]));
  // A redirect that was none had no status; the number that stays behind says nothing.
  if (change["redirectStatus"] === null) delete change["redirectStatus"];
  if (errorPages === undefined) return change;
  const pages = (errorPages ?? {}) as Record<string, string>;
  return { ...change, errorPage403: pages["403"] ?? "", errorPage404: pages["404"] ?? "", errorPage500: pages["500"] ?? "" };
}
