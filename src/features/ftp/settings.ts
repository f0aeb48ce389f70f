/** What may be set of a login, parsed and judged together: every fault at its field. */
import type { Context } from "../../core/context.js";
import { type FieldError, invalidFields } from "../../core/errors.js";
import { parseFolder } from "../sites/index.js";
import { afterDays, endOfDay } from "./expiry.js";
import { MAX_NETWORKS, parseNetworks } from "./networks.js";
import type { LoginChange } from "./schemas.js";

/** The columns that follow. */
export interface Settings {
  note: string;
  folder: string;
  enabled: boolean;
  readOnly: boolean;
  expiresAt: Date | null;
  expired: boolean;
  networks: string;
}

export const NEW_LOGIN: Settings = { note: "", folder: "", enabled: true, readOnly: false, expiresAt: null, expired: false, networks: "" };

type Given = Pick<LoginChange, "note" | "folder" | "enabled" | "readOnly" | "days" | "expiresOn" | "networks">;

/** Completes what was with what was sent; what is left out stays. Throws with every fault, those found before among them. */
export function settle(ctx: Pick<Context, "clock">, before: Settings, given: Given, faults: FieldError[] = []): Settings {
  const expiry = expiryOf(ctx.clock.now(), before, given, faults);
  const settings = {
    note: given.note === undefined ? before.note : given.note.trim().normalize("NFC"),
    folder: folderOf(before.folder, given.folder, faults),
    enabled: given.enabled ?? before.enabled,
    readOnly: given.readOnly ?? before.readOnly,
    ...expiry,
    networks: networksOf(before.networks, given.networks, faults),
  };
  if (faults.length > 0) throw invalidFields(faults);
  return settings;
}

/** Gives the settings of a row. */
export function settingsOf(row: Settings): Settings {
  const { note, folder, enabled, readOnly, expiresAt, expired, networks } = row;
  return { note, folder, enabled, readOnly, expiresAt, expired, networks };
}

function folderOf(before: string, typed: string | undefined, faults: FieldError[]): string {
  if (typed === undefined) return before;
  if (typed.trim().replace(/^\/+$/, "") === "") return "";
  const folder = parseFolder(typed.trim());
  if (folder === null) faults.push({ field: "folder", code: "ftp.folder_invalid" });
  return folder ?? before;
}

function expiryOf(now: Date, before: Settings, { days, expiresOn }: Given, faults: FieldError[]): Pick<Settings, "expiresAt" | "expired"> {
  if (days) return { expiresAt: afterDays(now, days), expired: false };
  if (expiresOn !== undefined && expiresOn.trim() !== "") {
    const end = endOfDay(expiresOn.trim());
    if (end === null) faults.push({ field: "expiresOn", code: "ftp.day_invalid" });
    else if (end <= now && end.getTime() !== before.expiresAt?.getTime()) faults.push({ field: "expiresOn", code: "ftp.day_past" });
    else if (end > now) return { expiresAt: end, expired: false };
  }
  if (days === null || expiresOn?.trim() === "") return { expiresAt: null, expired: false };
  return { expiresAt: before.expiresAt, expired: before.expired };
}

function networksOf(before: string, typed: string | undefined, faults: FieldError[]): string {
  if (typed === undefined) return before;
  const parsed = parseNetworks(typed);
  if ("wrong" in parsed) {
    faults.push({ field: "networks", code: "ftp.network_invalid", data: { word: parsed.wrong } });
    return before;
  }
  if (parsed.networks.length > MAX_NETWORKS) faults.push({ field: "networks", code: "ftp.networks_many", data: { max: MAX_NETWORKS } });
  return parsed.networks.join(" ");
}
