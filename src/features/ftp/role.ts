/**
 * State that the ftp feature hands to daemons: role `ftp`, one unit per account (key = account number). Types only: daemons may import this file.
 * It carries credentials, so it only goes forward: no put-back brings an old password or a removed login back (HOSTING.md 22).
 */

/** Role `ftp`, unit key = account number. An account without any login has no unit. */
export interface FtpState {
  account: { number: number; login: string };
  /** Absolute home as this host sees it. */
  home: string;
  /** Only those who may log in now or later; sorted by name. Disabled ones are left out. */
  logins: FtpLogin[];
}

export interface FtpLogin {
  /** `[a-z0-9][a-z0-9._@-]*`, unique on the host. */
  name: string;
  /** crypt(3) form that Debian's ProFTPD verifies, e.g. `$6$…` (SHA-512-crypt); never the panel's own hash. null: keys only. */
  hash: string | null;
  /** Absolute folder inside the home: the login's root. */
  folder: string;
  readOnly: boolean;
  /** Seconds since 1970 after which the machine itself refuses, also while the panel is down; null: no end. */
  expiresAt: number | null;
  /** Networks in CIDR form from which it may come, sorted; empty: from everywhere. */
  networks: string[];
  /** OpenSSH public keys (`ssh-ed25519 AAAA…`, without options and comment), sorted. */
  keys: string[];
}

/** Login by which the panel asks whether this very version of an account's logins is served; its password is the unit's hash, its root an empty folder. */
export const PROBE_PREFIX = "mutu-probe-";
