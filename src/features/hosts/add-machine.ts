/** Prepares a Debian machine from the administrator's terminal: `mutu hosts add web1 --ssh root@web1.example.org`. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Env } from "../../core/env.js";
import { ensureKeyPair, runCommand } from "../../core/machine/index.js";
import { asOwnerOf } from "../../core/owner.js";
import { type AdminAddress, type AdminLogin, openAdminLogin } from "./admin-login.js";
import { packBundle } from "./bundle.js";
import { hostFiles } from "./directory.js";
import { parseMachineFile } from "./machine-file.js";
import type { HostInput } from "./schemas.js";

/** The user behind whose key only apply stands (machines/web/install). */
const PANEL_USER = "mutu";
const SCAN_SECONDS = 20;
const HOST_KEY_FILE = "/etc/ssh/ssh_host_ed25519_key.pub";

export interface MachineOptions {
  name: string;
  login: AdminAddress;
  /** Address that the machine sees the panel come from; asked from the machine when left out. */
  controlAddress?: string;
  daemons?: string;
  homes?: string;
  php?: string;
  /** Whence SSH comes, when the machine shall be closed to the world; `off` opens it. */
  firewall?: string;
  httpPort?: number;
  httpsPort?: number;
}

export interface Dialogue {
  say(line: string): void;
  /** Asks for a yes. */
  confirm(question: string): Promise<boolean>;
  /** Role of a daemon, from its own folder; null when there is none of that name. */
  roleOf(daemon: string): string | null;
}

/** Prepares the machine; again on the same one, it changes what differs. Gives what is to be registered, or null when the administrator says no. */
export async function addMachine(env: Env, options: MachineOptions, dialogue: Dialogue): Promise<HostInput | null> {
  const { name, login } = options;
  const bundle = await packBundle();
  const remote = await openAdminLogin(login);
  try {
    const hostKey = await agreedHostKey(remote, login);
    const control = options.controlAddress ?? (await addressOfPanel(remote));
    const publicKey = await ownKey(env, name);
    const folder = (await remote.run(["mktemp", "-d"])).trim();
    try {
      await remote.run(["tar", "-x", "--no-same-owner", "-C", folder, "-f", "-"], bundle.tar);
      const install = ["sh", `${folder}/machines/web/install`, ...installWords(options, control, publicKey)];
      dialogue.say(`install script ${bundle.installHash}\nbundle         ${bundle.hash}\nhost key       ${hostKey}\npanel's key    ${publicKey}\n`);
      dialogue.say(await remote.run([...install, "--plan"]));
      if (!(await dialogue.confirm(`Do this on ${login.address}, and trust this host key?`))) return null;
      await remote.show(install);
    } finally {
      await remote.run(["rm", "-rf", "--", folder]);
    }
    const machine = parseMachineFile(await remote.run(["cat", "/etc/mutu/machine.conf"]));
    await pinHostKey(env, { name, address: login.address, port: login.port }, hostKey);
    return {
      name,
      address: login.address,
      door: "ssh",
      port: login.port,
      user: PANEL_USER,
      hostKey,
      homes: machine.homes,
      ...(options.httpPort ? { httpPort: options.httpPort } : {}),
      ...(options.httpsPort ? { httpsPort: options.httpsPort } : {}),
      daemons: daemonsOf(machine.daemons, dialogue),
    };
  } finally {
    await remote.close();
  }
}

/** Pairs daemons with their roles; a daemon that this program does not know is an error, with its name. */
export function daemonsOf(names: readonly string[], { roleOf }: Pick<Dialogue, "roleOf">): { daemon: string; role: string }[] {
  return names.map((daemon) => {
    const role = roleOf(daemon);
    if (role === null) throw new Error(`this program has no daemon "${daemon}"`);
    return { daemon, role };
  });
}

function installWords({ name, daemons, homes, php, firewall }: MachineOptions, control: string, publicKey: string): string[] {
  const words = ["--host", name, "--control-address", control, "--panel-key", publicKey];
  if (daemons) words.push("--daemons", daemons);
  if (homes) words.push("--homes", homes);
  if (php) words.push("--php", php);
  if (firewall) words.push("--firewall", firewall);
  return words;
}

/** The key that sshd shows to the panel must be the one that the machine itself has, read over the administrator's connection. */
async function agreedHostKey(remote: AdminLogin, { address, port }: AdminAddress): Promise<string> {
  const [type, key] = (await remote.run(["cat", HOST_KEY_FILE])).trim().split(/\s+/);
  const own = `${type} ${key}`;
  const scan = await runCommand({ argv: ["ssh-keyscan", "-T", "10", "-t", "ed25519", "-p", String(port), "--", address], timeoutSeconds: SCAN_SECONDS });
  const seen = scan.stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" ").slice(1, 3).join(" "));
  if (!seen.includes(own)) throw new Error(`${address} shows another host key than its own ${HOST_KEY_FILE}: somebody may stand between. Nothing was changed.`);
  return own;
}

async function addressOfPanel(remote: AdminLogin): Promise<string> {
  const [, from] = /^SSH_(?:CONNECTION|CLIENT)=(\S+)/m.exec(await remote.run(["env"])) ?? [];
  if (!from) throw new Error("the machine does not tell where this panel comes from: name it with --control-address");
  return from;
}

/** The panel's key pair for a machine, in its own folder and its own user's. */
export function ownKey(env: Pick<Env, "state">, name: string): Promise<string> {
  return asOwnerOf(env.state, () => ensureKeyPair(hostFiles(env, { name }).keyFile, `panel@${name}`));
}

/** Writes the pinned key where the panel's ssh looks. */
export function pinHostKey(env: Pick<Env, "state">, host: { name: string; address: string; port: number }, hostKey: string): Promise<void> {
  const { knownHostsFile, controlPath } = hostFiles(env, host);
  const name = host.port === 22 ? host.address : `[${host.address}]:${host.port}`;
  return asOwnerOf(env.state, async () => {
    await mkdir(dirname(knownHostsFile), { recursive: true, mode: 0o700 });
    await mkdir(dirname(controlPath), { recursive: true, mode: 0o700 });
    await rm(`${knownHostsFile}.new`, { force: true });
    await writeFile(`${knownHostsFile}.new`, `${name} ${hostKey}\n`, { mode: 0o600, flag: "wx" });
    await rename(`${knownHostsFile}.new`, knownHostsFile);
  });
}
