/**
 * Root file systems of nodes, as overlay layers kept between runs outside the repository (MUTU_LAB_CACHE, default /var/cache/mutu-lab).
 * A layer's name carries the hash of what made it: package lists, install scripts, drivers. Nothing is ever changed in place.
 */
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "./run.js";

export type MachineKind = "control" | "web";

export interface LayerOptions {
  kind: MachineKind;
  /** `packages`: Debian with the packages, nothing of ours yet (what `mutu hosts add` meets). `files`: installed. */
  prepared: "packages" | "files";
  /** Words for the kind's install script, step files. */
  installArgs: readonly string[];
  /** Drivers that the machine gets: some bring packages of their own. */
  daemons: string;
}

/** Root of the checkout. */
export const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const HERE = fileURLToPath(new URL("./", import.meta.url));
/** What is kept between runs. */
export const CACHE = process.env.MUTU_LAB_CACHE ?? "/var/cache/mutu-lab";
const RELEASE = process.env.MUTU_LAB_RELEASE ?? "bookworm";
// systemd-sysv: systemd as pid 1, without dbus. iproute2 and curl: what tests look with.
const BASE_PACKAGES = ["systemd-sysv", "iproute2", "ca-certificates", "curl"];
const DAY_MS = 86_400_000;

/** Makes what is missing and returns the value for overlay's `lowerdir`, topmost first. */
export async function makeLayers(options: LayerOptions): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  const bundle = stageBundle();
  try {
    const base = layer(`base-${RELEASE}`, [hashOf(join(HERE, "layer.sh")), RELEASE, ...BASE_PACKAGES]);
    await layerScript("base", base, RELEASE, ...BASE_PACKAGES);

    const own = options.daemons.split(" ").map((daemon) => `${daemon}-packages`);
    const lists = readdirSync(join(bundle, "machines", options.kind)).filter((name) => ["packages", "php-packages", ...own].includes(name));
    // The step "packages" of an install does nothing but apt, so the lists say all of it.
    const packages = layer(`packages-${options.kind}`, [
      base,
      hashOf(join(HERE, "layer-chroot.sh"), ...lists.map((name) => join(bundle, "machines", options.kind, name))),
    ]);
    const below = options.kind === "control" ? `${nodeLayer()}:${base}` : base;
    await install(packages, below, bundle, options.kind, ["--step", "packages", "--daemons", options.daemons]);
    if (options.prepared === "packages") return `${packages}:${below}`;

    const files = layer(`files-${options.kind}`, [packages, hashTree(bundle), ...options.installArgs]);
    await install(files, `${packages}:${below}`, bundle, options.kind, ["--step", "files", ...options.installArgs]);
    forgetOld(`files-${options.kind}-`, files);
    return `${files}:${packages}:${below}`;
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}

function layer(name: string, parts: readonly string[]): string {
  return join(CACHE, `${name}-${createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16)}`);
}

async function install(target: string, lower: string, bundle: string, kind: MachineKind, args: readonly string[]): Promise<void> {
  if (existsSync(target)) return;
  await layerScript("over", target, lower, bundle, "--", `/mnt/mutu/machines/${kind}/install`, ...args);
}

async function layerScript(...args: string[]): Promise<void> {
  if (existsSync(args[1]!)) return;
  await must(["sh", join(HERE, "layer.sh"), ...args], { timeoutMs: 600_000 });
}

/** What an install gets: machines/ and the drivers. A copy, so that an edit while it runs cannot end under a wrong hash. */
export function stageBundle(): string {
  const bundle = mkdtempSync(join(tmpdir(), "mutu-bundle-"));
  chmodSync(bundle, 0o755);
  cpSync(join(REPOSITORY, "machines"), join(bundle, "machines"), { recursive: true });
  const daemons = join(REPOSITORY, "src/daemons");
  for (const daemon of existsSync(daemons) ? readdirSync(daemons) : []) {
    const machine = join(daemons, daemon, "machine");
    if (existsSync(machine)) cpSync(machine, join(bundle, "daemons", daemon), { recursive: true });
  }
  return bundle;
}

/** Debian 12 has no Node that is new enough: the control node gets the one that runs the tests. */
function nodeLayer(): string {
  const target = join(CACHE, `node-${process.version}-${process.arch}`);
  if (existsSync(target)) return target;
  const work = mkdtempSync(`${target}.`);
  chmodSync(work, 0o755);
  mkdirSync(join(work, "usr/local/bin"), { recursive: true });
  copyFileSync(process.execPath, join(work, "usr/local/bin/node"));
  chmodSync(join(work, "usr/local/bin/node"), 0o755);
  try {
    renameSync(work, target);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

function hashOf(...files: string[]): string {
  const hash = createHash("sha256");
  for (const file of [...files].sort())
    hash
      .update(`${statSync(file).mode & 0o111 ? "x" : "-"}`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
}

/** Hashes all files below a folder, or below some folders in it and beside these. */
export function hashTree(folder: string, below: readonly string[] = ["."], beside: readonly string[] = []): string {
  const files = below.flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  files.push(...beside.map((name) => join(folder, name)));
  return createHash("sha256")
    .update(
      files
        .sort()
        .map((file) => `${relative(folder, file)} ${hashOf(file)}`)
        .join("\n"),
    )
    .digest("hex");
}

/** What is made of our own files follows every edit: what is older than a day goes. */
export function forgetOld(prefix: string, keep: string): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if (!name.startsWith(prefix) || path === keep || name.endsWith(".lock")) continue;
    if (Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}
