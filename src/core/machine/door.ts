/** How a machine's apply is reached. One code path: a door is an argv prefix. */

/** apply on this machine, as this user (trial), e.g. `["/bin/sh", "machines/apply", "-c", "var/machine.conf"]`. */
export interface DirectDoor {
  kind: "direct";
  argv: readonly string[];
}

/** apply on this machine through the one line in sudoers (control machine). */
export interface SudoDoor {
  kind: "sudo";
  /** Path of apply; the default is where the install script puts it. */
  apply?: string;
}

/** apply on another machine, as the forced command of a key that can do nothing else. */
export interface SshDoor {
  kind: "ssh";
  address: string;
  port: number;
  user: string;
  keyFile: string;
  knownHostsFile: string;
  /** Socket of the kept connection; at most 90 characters (a Unix socket's path is short). */
  controlPath: string;
}

export type Door = DirectDoor | SudoDoor | SshDoor;

const APPLY = "/usr/local/lib/mutu/apply";
const CONNECT_SECONDS = 8;
const KEEP_CONNECTION_SECONDS = 600;

/** Gives the argv that carries these words through the door. Words are of the protocol's charset, so no quoting can be wrong. */
export function doorArgv(door: Door, words: readonly string[]): string[] {
  for (const word of words) {
    if (!/^[A-Za-z0-9._-]{1,80}$/.test(word)) throw new Error(`Not a word of the protocol: ${word}`);
  }
  if (door.kind === "direct") return [...door.argv, ...words];
  if (door.kind === "sudo") return ["sudo", "-n", "--", door.apply ?? APPLY, ...words];
  return [...sshArgv(door), "--", door.address, words.join(" ")];
}

/** Options of ssh(1) for this door: nothing of the user's own configuration, agent or known hosts counts. */
export function sshArgv(door: SshDoor): string[] {
  const options = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: door.knownHostsFile,
    GlobalKnownHostsFile: "/dev/null",
    IdentitiesOnly: "yes",
    IdentityFile: door.keyFile,
    IdentityAgent: "none",
    PreferredAuthentications: "publickey",
    ControlMaster: "auto",
    ControlPath: door.controlPath,
    ControlPersist: String(KEEP_CONNECTION_SECONDS),
    ConnectTimeout: String(CONNECT_SECONDS),
    ServerAliveInterval: "5",
    ServerAliveCountMax: "3",
    ClearAllForwardings: "yes",
    RequestTTY: "no",
    LogLevel: "ERROR",
  };
  return ["ssh", "-F", "none", ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]), "-p", String(door.port), "-l", door.user];
}
