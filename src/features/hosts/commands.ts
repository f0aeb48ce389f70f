/** `mutu hosts …`, in the administrator's terminal. */
import { readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import { discoverDaemons } from "../../core/discover.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { addMachine, type Dialogue, daemonsOf } from "./add-machine.js";
import { parseAdminAddress } from "./admin-login.js";
import { baseOf } from "./base.js";
import { hostView } from "./bodies.js";
import { getHost, listHosts, probeAll, probeHost, removeHost, saveHost } from "./hosts.js";
import { parseMachineFile } from "./machine-file.js";
import { setAddresses } from "./public-addresses.js";
import { AddressesInput, HostInput } from "./schemas.js";
import { setSettings } from "./settings.js";

const ALL = 10_000;
const MACHINE_FILE = "/etc/mutu/machine.conf";

type Options = Record<string, string | undefined> & { yes?: boolean };

/** Adds the verbs of hosts. */
export function hostCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  const say = (line: string) => void process.stdout.write(`${line}\n`);

  command
    .command("add <name>")
    .description("prepare and register a machine; again, it changes what differs")
    .option("--ssh <user@address>", "a Debian machine, with your own SSH login")
    .option("--direct <file>", "this machine, as this user, with its machine file (trial)")
    .option("--sudo", "this machine, through its sudoers line (control machine)")
    .option("--yes", "do not ask")
    .option("--ssh-config <file>", "configuration of ssh instead of your own")
    .option("--control-address <address>", "address from which the machine sees this panel")
    .option("--address <address>", "where sites of a direct or sudo machine are asked", "127.0.0.1")
    .option("--apply <file>", "the program apply of a direct machine")
    .option("--daemons <names>", "daemons to install, in order")
    .option("--homes <folder>", "where members' files are mounted")
    .option("--php <versions>", "PHP versions")
    .option("--firewall <addresses>", "close the machine to the world but for sites and, from these addresses and this panel, SSH; off opens it")
    .option("--http-port <port>", "where the machine serves HTTP")
    .option("--https-port <port>", "where it serves HTTPS")
    .action(async (name: string, options: Options) => {
      const dialogue = await terminal(say, options.yes === true);
      const input = options["ssh"] ? await prepareBySsh(name, options, dialogue) : describeHere(name, options, dialogue);
      if (input === null) return say("nothing was changed");
      // Before it is registered: that wakes the publisher, whose connection would be root's.
      becomePanel(services.env.state);
      const { id } = await saveHost(context(), input);
      const { error } = await probeHost(context(), services.env, id);
      say(error === null ? `${name} answers` : `${name} does not answer yet: ${error}`);
      await publisherOf(services).touchAll(id);
    });

  async function prepareBySsh(name: string, options: Options, dialogue: Dialogue): Promise<HostInput | null> {
    const login = parseAdminAddress(options["ssh"] ?? "");
    if (!login) throw new Error("--ssh wants user@address or user@address:port");
    const words = {
      controlAddress: options["controlAddress"],
      daemons: options["daemons"],
      homes: options["homes"],
      php: options["php"],
      firewall: options["firewall"],
    };
    const ports = { httpPort: Number(options["httpPort"]) || undefined, httpsPort: Number(options["httpsPort"]) || undefined };
    const { name: checked } = parseCommand(HostInput, { name, address: login.address, door: "ssh", homes: "/", daemons: [] });
    const withConfig = options["sshConfig"] ? { ...login, configFile: options["sshConfig"] } : login;
    return addMachine(services.env, { name: checked, login: withConfig, ...words, ...ports }, dialogue);
  }

  function describeHere(name: string, options: Options, dialogue: Dialogue): HostInput {
    if (!options["direct"] && !options["sudo"]) throw new Error("name one door: --ssh user@address, --direct FILE or --sudo");
    const file = options["direct"] ?? MACHINE_FILE;
    const machine = parseMachineFile(readFileSync(file, "utf8"));
    const door = options["direct"] ? { door: "direct", machineFile: file, applyFile: options["apply"] } : { door: "sudo" };
    const { address, httpPort, httpsPort } = options;
    const daemons = daemonsOf(machine.daemons, dialogue);
    return parseCommand(HostInput, { name, address, ...door, homes: machine.homes, httpPort, httpsPort, daemons });
  }

  command
    .command("list")
    .description("hosts, by name")
    .action(async () => {
      const { rows } = await listHosts(context(), { take: ALL });
      for (const host of rows.map(hostView)) say([host.name, host.address, host.door, host.chip, host.accounts].join("\t"));
    });
  command
    .command("status [name]")
    .description("ask hosts how they are")
    .action(async (name?: string) => {
      const ctx = context();
      if (!name) await probeAll(ctx, services.env);
      const hosts = name ? [(await probeHost(ctx, services.env, name)).host] : (await listHosts(ctx, { take: ALL })).rows;
      for (const row of hosts) {
        const host = hostView(row);
        say(`${host.name}: ${host.reachable ? "answers" : `away${host.error ? ` (${host.error})` : ""}`}`);
        say(`  release ${host.release ?? "none"}, PHP ${host.phpVersions.join(" ") || "none"}, disk free ${host.diskFreeKb ?? "?"} KB`);
        for (const { daemon, role, version } of host.daemons) say(`  ${daemon} (${role}) ${version ?? ""}`);
        for (const drift of host.drift) say(`  drift: ${drift}`);
        const { changed, older, outdated, command, renewal } = baseOf(row, services.env);
        for (const { path, gone } of changed) say(`  ${gone ? "missing" : "changed by hand"}: ${path}`);
        if (outdated === true) say("  made of other scripts than this panel's");
        if (command !== null) say(`  ${command}`);
        for (const name of older) say(`  ${name} runs an older program than is installed`);
        if (renewal !== null) say(`  on ${host.name}: ${renewal}`);
      }
      if (hosts.some(({ reachable }) => !reachable)) process.exitCode = 1;
    });
  command
    .command("set <name> <daemon> [settings...]")
    .description("settings of a daemon on a host, as name=value; without any, what holds now")
    .action(async (name: string, daemon: string, words: string[]) => {
      const sent = Object.fromEntries(words.map((word) => [word.split("=", 1)[0], word.slice(word.indexOf("=") + 1)]));
      const { values } = await setSettings(context(), publisherOf(services).daemons, name, daemon, sent);
      for (const [option, value] of Object.entries(values)) say(`${option}=${value}`);
    });
  command
    .command("addresses <name>")
    .description("where names of the host's sites lead, as everybody reaches it; an empty word: what the panel reaches")
    .option("--ipv4 <address>", "as visitors reach it", "")
    .option("--ipv6 <address>", "as visitors reach it", "")
    .action(async (name: string, { ipv4, ipv6 }: { ipv4: string; ipv6: string }) => {
      await setAddresses(context(), name, parseCommand(AddressesInput, { publicIpv4: ipv4, publicIpv6: ipv6 }));
    });
  command
    .command("remove <name>")
    .description("forget a host that carries no account")
    .action(async (name: string) => {
      const { id } = await getHost(context(), name);
      await removeHost(context(), id);
    });
}

/** Gives up root for the owner of the panel's own folder: what is published from here on must be the panel's to change. */
function becomePanel(state: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(state);
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

async function terminal(say: (line: string) => void, yes: boolean): Promise<Dialogue> {
  const daemons = await discoverDaemons<{ name: string; role: string }>();
  return {
    say,
    roleOf: (name) => daemons.find((daemon) => daemon.name === name)?.role ?? null,
    async confirm(question) {
      if (yes) return true;
      const line = createInterface({ input: process.stdin, output: process.stdout });
      const answer = await line.question(`${question} [yes/no] `);
      line.close();
      return answer.trim().toLowerCase() === "yes";
    },
  };
}
