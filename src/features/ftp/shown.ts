/** How a login is shown to people and told to programs. */
import type { FastifyRequest } from "fastify";
import type { Static } from "typebox";
import { isRefusal, messageKey } from "../../core/errors.js";
import { holdText } from "../publications/index.js";
import type { LoginChip } from "./chips.js";
import type { ShownLogin } from "./logins.js";
import { shownName } from "./names.js";
import type { LoginOutput } from "./schemas.js";

/** What a chip looks like and says. */
export interface ChipView {
  id: string;
  state: string;
  /** Other words than the chip's usual one. */
  label: string | null;
  /** Cause and next step, in the reader's words; null when all is well. */
  text: string | null;
}

type Translate = Pick<FastifyRequest, "t">;

/** Why a login is refused although all is published; null: it is let in. */
export function shutReason(login: Pick<ShownLogin, "state" | "enabled" | "expired" | "expiresAt" | "account">, now: Date): string | null {
  if (login.state === "bin") return "bin";
  if (login.account.state !== "active") return "suspended";
  if (!login.enabled) return "disabled";
  return login.expired || (login.expiresAt !== null && login.expiresAt <= now) ? "expired" : null;
}

/** Gives the chip of a login as its page draws it. What shuts it out is said before what was published. */
export function chipView(request: Translate, login: ShownLogin, chip: LoginChip, now: Date): ChipView {
  const id = `chip-${login.id}`;
  const shut = shutReason(login, now);
  if (chip.state === "noDaemon") return { id, state: "held", label: request.t("ftp.no_daemon"), text: request.t("ftp.no_daemon_text") };
  if (shut !== null && (chip.state === "verified" || chip.state === "published"))
    return { id, state: "held", label: request.t(`ftp.shut.${shut}`), text: request.t(`ftp.shut_text.${shut}`) };
  if (chip.state === "verified") return { id, state: "verified", label: null, text: null };
  if (chip.state === "held") return { id, state: "held", label: null, text: holdText(request, chip) };
  if (chip.state !== "failed") return { id, state: chip.state, label: null, text: request.t(`ftp.chips.${chip.state}`) };
  return { id, state: "failed", label: null, text: `${faultText(request, chip.code, chip.data)} ${request.t(`ftp.serving.${chip.serving}`)}` };
}

/** The sentence of a daemon's fault; a code whose daemon is gone has none any more. */
function faultText(request: Translate, code: string, data: Record<string, string>): string {
  try {
    return request.t(messageKey(code), data);
  } catch (error) {
    if (isRefusal(error)) throw error;
    return request.t("ftp.failed", { code });
  }
}

/** Everything that lists and the login's page show. */
export function loginView(request: Translate, login: ShownLogin, chip: LoginChip, now: Date) {
  const { hash, account, ...fields } = login;
  return {
    ...fields,
    display: shownName(login.name),
    account: { id: account.id, login: account.login, name: account.name, number: account.number, state: account.state },
    hasPassword: hash !== null,
    bin: login.state === "bin",
    folderText: login.folder === "" ? request.t("ftp.whole_home") : login.folder,
    networkList: login.networks.split(" ").filter(Boolean),
    shut: shutReason(login, now),
    lastBy: login.lastLoginBy ? request.t(`ftp.protocols.${login.lastLoginBy}`) : null,
    chip: chipView(request, login, chip, now),
  };
}

/** Gives the answer's fields of a login. */
export function loginBody(login: ShownLogin, chip: LoginChip): Static<typeof LoginOutput> {
  const { id, account, name, note, state, folder, enabled, readOnly, version } = login;
  return {
    id,
    account: { id: account.id, login: account.login },
    name,
    display: shownName(name),
    nameUntil: login.nameUntil?.toISOString() ?? null,
    note,
    state,
    binUntil: login.binUntil?.toISOString() ?? null,
    folder,
    password: login.hash !== null,
    keys: login.keys.map((key) => keyBody(key)),
    enabled,
    readOnly,
    expiresAt: login.expiresAt?.toISOString() ?? null,
    networks: login.networks.split(" ").filter(Boolean),
    lastLogin: login.lastLoginAt && { at: login.lastLoginAt.toISOString(), from: login.lastLoginFrom ?? "", by: login.lastLoginBy ?? "" },
    chip: chip.state === "failed" ? { state: chip.state, code: chip.code } : { state: chip.state },
    version,
  };
}

/** Gives the answer's fields of a key. */
export function keyBody({ id, type, bits, fingerprint, label, createdAt }: ShownLogin["keys"][number]) {
  return { id, type, bits, fingerprint, label, createdAt: createdAt.toISOString() };
}
