/** Who may log in of an account, as lines for the driver, which makes ProFTPD's own files of them. Pure. */
import type { FtpLogin, FtpState } from "../../features/ftp/role.js";
import type { RenderedFile } from "../../publish/contract.js";
import { accountNumber, cryptHash, expiry, folderIn, keyBlob, loginName, network, probeHash } from "./words.js";

/** What refuses every password: crypt(3) makes no such hash. */
const NO_PASSWORD = "*";

/** Renders `probe <hash>`, and of each login `login <name> <hash> <rw|ro> <expiry> <folder>`, its `network <mask>` lines and its `key <base64>` lines. */
export function renderLogins(state: FtpState, probe: string): RenderedFile[] {
  const number = accountNumber(state.account.number);
  const names = state.logins.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw new Error(`a login comes twice in account ${number}`);
  const lines = [
    `# Written by Mutu for account ${number}. Do not edit: the next publication replaces this file.`,
    `probe ${probe === "" ? "-" : probeHash(probe)}`,
    ...state.logins.flatMap((login) => loginLines(login, state.home)),
  ];
  return [{ path: `accounts/${number}.logins`, content: `${lines.join("\n")}\n`, secret: true }];
}

function loginLines(login: FtpLogin, home: string): string[] {
  const hash = login.hash === null ? NO_PASSWORD : cryptHash(login.hash);
  const rights = login.readOnly ? "ro" : "rw";
  return [
    `login ${loginName(login.name)} ${hash} ${rights} ${expiry(login.expiresAt)} ${folderIn(home, login.folder)}`,
    ...login.networks.map((one) => `network ${network(one)}`),
    ...login.keys.map((one) => `key ${keyBlob(one)}`),
  ];
}
