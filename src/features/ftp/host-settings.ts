/** What administrators say of the files' door of a host: its public name, its names of other times, its fingerprints. Ports and plain FTP are settings of the daemon. */
import type { Context } from "../../core/context.js";
import type { Db } from "../../core/db.js";
import { type FieldError, invalidFields, notFound } from "../../core/errors.js";
import { requireAdmin } from "../../core/ownership.js";
import { parseName } from "../domains/index.js";
import { hostsServing, setHostNames } from "../hosts/index.js";
import { ftpPorts } from "./ports.js";
import type { HostSettingsInput } from "./schemas.js";

const MAX_NAMES = 20;
const PURPOSE = "ftp";
const SSH_FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const TLS_FINGERPRINT = /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/;

/** Where files of a host are moved, complete. */
export interface FtpDoor {
  hostId: string;
  hostName: string;
  /** Name to type: the public one, else the host's address. */
  name: string;
  publicName: string | null;
  oldNames: string[];
  ports: { ftp: number; sftp: number };
  /** Also without TLS. */
  plain: boolean;
  sshFingerprint: string | null;
  tlsFingerprint: string | null;
}

/** The doors of all hosts with an FTP daemon, by host name. */
export async function listDoors(db: Db): Promise<FtpDoor[]> {
  const hosts = await hostsServing(db, "ftp");
  const rows = new Map((await db.ftpHost.findMany()).map((row) => [row.hostId, row]));
  return hosts.map((host) => {
    const row = rows.get(host.id);
    const told = (key: string) => host.lines.find(([name]) => name === key)?.[1] || null;
    return {
      hostId: host.id,
      hostName: host.name,
      name: row?.publicName ?? host.address,
      publicName: row?.publicName ?? null,
      oldNames: row?.oldNames.split(" ").filter(Boolean) ?? [],
      ports: ftpPorts(host.options),
      plain: host.options["plainFtp"] === true,
      sshFingerprint: row?.sshFingerprint ?? told("sftp_fingerprint"),
      tlsFingerprint: row?.tlsFingerprint ?? told("tls_fingerprint"),
    };
  });
}

/** The door of one host; null: it has no FTP daemon. */
export async function findDoor(db: Db, hostId: string): Promise<FtpDoor | null> {
  return (await listDoors(db)).find((door) => door.hostId === hostId) ?? null;
}

/** Changes what is said of a host; an emptied field is what the machine tells again. */
export async function changeDoor(ctx: Context, hostId: string, input: HostSettingsInput): Promise<FtpDoor> {
  requireAdmin(ctx);
  const row = parseSettings(input);
  return ctx.transaction(async (tx) => {
    const door = await findDoor(tx.db, hostId);
    if (!door) throw notFound("ftp.host_unknown");
    const old = await tx.db.ftpHost.findUnique({ where: { hostId } });
    await tx.db.ftpHost.upsert({ where: { hostId }, create: { hostId, ...row }, update: row });
    // Nobody else may host the names by which files are reached.
    await setHostNames(tx, hostId, PURPOSE, [...(row.publicName ? [row.publicName] : []), ...row.oldNames.split(" ").filter(Boolean)]);
    const { hostId: _id, ...before } = old ?? { hostId, publicName: null, oldNames: "", sshFingerprint: null, tlsFingerprint: null };
    tx.audit({ verb: "ftp.host.changed", accountId: null, object: { type: "host", id: hostId, name: door.hostName }, old: before, new: row });
    return (await findDoor(tx.db, hostId)) ?? door;
  });
}

function parseSettings(input: HostSettingsInput) {
  const faults: FieldError[] = [];
  const nameOf = (field: string, word: string): string => {
    const name = parseName(word);
    if (name === null && !faults.some((fault) => fault.field === field))
      faults.push({ field, code: "ftp.host_name_invalid", data: { word: word.slice(0, 80) } });
    return name ?? "";
  };
  const words = (text: string | null | undefined) => (text ?? "").split(/[\s,;]+/).filter(Boolean);
  const publicName = input.publicName?.trim() ? nameOf("publicName", input.publicName.trim()) : null;
  const oldNames = [...new Set(words(input.oldNames).map((word) => nameOf("oldNames", word)))].sort();
  if (oldNames.length > MAX_NAMES) faults.push({ field: "oldNames", code: "ftp.host_names_many", data: { max: MAX_NAMES } });
  const ssh = input.sshFingerprint?.trim() || null;
  const tls = input.tlsFingerprint?.trim().toUpperCase() || null;
  if (ssh !== null && !SSH_FINGERPRINT.test(ssh)) faults.push({ field: "sshFingerprint", code: "ftp.ssh_fingerprint" });
  if (tls !== null && !TLS_FINGERPRINT.test(tls)) faults.push({ field: "tlsFingerprint", code: "ftp.tls_fingerprint" });
  if (faults.length > 0) throw invalidFields(faults);
  return { publicName, oldNames: oldNames.join(" "), sshFingerprint: ssh, tlsFingerprint: tls };
}
