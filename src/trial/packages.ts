/** Debian packages that the trial and the tests need: what is missing is installed, and nothing that was not enabled before stays enabled. */
import { access, chmod, rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { runCommand } from "../core/machine/index.js";

const POLICY = "/usr/sbin/policy-rc.d";
/** invoke-rc.d(8): 101 means that no action is allowed. */
const REFUSE_STARTS = "#!/bin/sh\nexit 101\n";
const INSTALL_SECONDS = 900;

/** Lists those of `names` that dpkg does not hold as installed; a name `a|b` is satisfied by either. */
async function missingPackages(names: readonly string[]): Promise<string[]> {
  const wanted = names.flatMap((name) => name.split("|"));
  const answer = await runCommand({ argv: ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", ...wanted], timeoutSeconds: 30 });
  const installed = new Set(
    answer.stdout
      .toString()
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !name.split("|").some((one) => installed.has(one))).map((name) => name.split("|")[0] as string);
}

/** Installs what is missing, asking first on a terminal; throws with the command to type when it is refused or fails. */
export async function installMissing(names: readonly string[], say: (line: string) => void): Promise<void> {
  const missing = await missingPackages(names);
  if (missing.length === 0) return;
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const byHand = `${sudo.length ? "sudo " : ""}apt-get install ${missing.join(" ")}`;
  say(`These Debian packages are missing: ${missing.join(" ")}`);
  if (process.stdin.isTTY && !(await agrees("Install them now? [Y/n] "))) throw new Error(`Not installed. To do it by hand: ${byHand}`);
  await withoutStarts(sudo, async () => {
    await apt([...sudo, "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "update"], byHand);
    say(`Installing ${missing.length} packages (a minute or two) …`);
    await apt([...sudo, "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "install", "--no-install-recommends", ...missing], byHand);
  });
}

async function agrees(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return !/^n/i.test(await terminal.question(question));
  } finally {
    terminal.close();
  }
}

async function apt(argv: string[], byHand: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const done = await runCommand({ argv, env, timeoutSeconds: INSTALL_SECONDS });
  if (done.code !== 0) {
    const words = done.stderr.toString().trim().split("\n").slice(-5).join("\n");
    throw new Error(`${argv.join(" ")} failed:\n${words}\nTo do it by hand: ${byHand}`);
  }
}

/** Runs `work` while no package may start a daemon, then disables the units that it has newly enabled. */
async function withoutStarts(sudo: string[], work: () => Promise<void>): Promise<void> {
  const before = await enabledUnits();
  const own = await placePolicy(sudo);
  try {
    await work();
  } finally {
    if (own) await removePolicy(sudo);
  }
  const added = (await enabledUnits()).filter((unit) => !before.includes(unit));
  if (added.length > 0) await runCommand({ argv: [...sudo, "systemctl", "disable", "--quiet", ...added], timeoutSeconds: 60 });
}

/** Names the unit files that start at boot; empty where there is no systemd. */
async function enabledUnits(): Promise<string[]> {
  const answer = await runCommand({
    argv: ["systemctl", "list-unit-files", "--state=enabled", "--no-legend", "--plain"],
    timeoutSeconds: 30,
  }).catch(() => null);
  if (answer?.code !== 0) return [];
  return answer.stdout
    .toString()
    .split("\n")
    .map((line) => line.split(/\s+/)[0] as string)
    .filter((unit) => unit.includes("."));
}

/** Puts policy-rc.d in place unless the machine has one of its own, which then stays. */
async function placePolicy(sudo: string[]): Promise<boolean> {
  if (
    await access(POLICY).then(
      () => true,
      () => false,
    )
  )
    return false;
  if (sudo.length === 0) {
    await writeFile(POLICY, REFUSE_STARTS);
    await chmod(POLICY, 0o755);
    return true;
  }
  await runCommand({ argv: [...sudo, "tee", POLICY], stdin: Buffer.from(REFUSE_STARTS), timeoutSeconds: 10 });
  await runCommand({ argv: [...sudo, "chmod", "755", POLICY], timeoutSeconds: 10 });
  return true;
}

async function removePolicy(sudo: string[]): Promise<void> {
  if (sudo.length === 0) await rm(POLICY, { force: true });
  if (sudo.length > 0) await runCommand({ argv: [...sudo, "rm", "-f", POLICY], timeoutSeconds: 10 });
}
