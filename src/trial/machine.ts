/** The trial's machine: the same drivers and the same apply as on a real one, reached through the direct door, with ports above 1024. */
import { constants } from "node:fs";
import { chmod, cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../core/machine/index.js";
import type { Layout } from "./layout.js";

const COMPILE_SECONDS = 120;
/** Prepared and committed in this order (machines/README.md). */
export const DAEMONS = ["homes", "php-fpm", "apache", "nginx", "proftpd", "knot"] as const;

/** Lays drivers, module, machine file and folders; safe to do again, and picks up what changed in the checkout. */
export async function layMachine(layout: Layout): Promise<void> {
  for (const folder of [layout.machine, layout.homes, layout.state, join(layout.machine, "tls")]) await mkdir(folder, { recursive: true });
  await layDrivers(layout);
  await layModule(layout);
  await layFallbackCertificate(layout);
  await writeFile(layout.machineFile, machineFile(layout), { mode: 0o644 });
}

async function layDrivers(layout: Layout): Promise<void> {
  await rm(layout.drivers, { recursive: true, force: true });
  for (const daemon of DAEMONS) {
    await cp(join(layout.source, "src/daemons", daemon, "machine"), join(layout.drivers, daemon), { recursive: true });
  }
  await closeToOthers(layout.drivers);
}

/** A checkout made under umask 002 is writable by its group, which apply refuses of what it runs. */
async function closeToOthers(path: string): Promise<void> {
  const { mode } = await stat(path);
  await chmod(path, mode & 0o755);
  if ((mode & constants.S_IFMT) !== constants.S_IFDIR) return;
  for (const name of await readdir(path)) await closeToOthers(join(path, name));
}

/** Compiles mod_mutu for the Apache that is installed here, when its source or that Apache is newer than what was compiled. */
async function layModule(layout: Layout): Promise<void> {
  const built = join(layout.drivers, "apache", "mod_mutu.so");
  const folder = join(layout.place, "module");
  const object = join(folder, ".libs", "mod_mutu.so");
  const source = join(layout.source, "machines/web/mod_mutu.c");
  const newest = Math.max(...(await Promise.all([source, "/usr/sbin/apache2"].map(async (path) => (await stat(path)).mtimeMs))));
  const made = await stat(object).then(
    (info) => info.mtimeMs,
    () => 0,
  );
  if (made < newest) {
    await mkdir(folder, { recursive: true });
    await cp(source, join(folder, "mod_mutu.c"));
    const done = await runCommand({ argv: ["apxs2", "-c", "mod_mutu.c"], cwd: folder, timeoutSeconds: COMPILE_SECONDS });
    if (done.code !== 0) throw new Error(`mod_mutu.c could not be compiled:\n${done.stderr.toString()}${done.stdout.toString()}`);
  }
  await cp(object, built);
}

/** Names without a certificate of their own get this one, made on this machine. */
async function layFallbackCertificate(layout: Layout): Promise<void> {
  const file = join(layout.machine, "tls", "fallback.pem");
  if (
    await stat(file).then(
      () => true,
      () => false,
    )
  )
    return;
  await makeCertificate(file, file, "Mutu trial");
}

/** Makes a self-signed certificate for loopback (ten years); key and certificate may go to the same file. */
async function makeCertificate(keyFile: string, certificateFile: string, subject: string): Promise<void> {
  const argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"];
  const names = ["-subj", `/CN=${subject}`, "-addext", "subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1"];
  const made = await runCommand({ argv: [...argv, ...names, "-keyout", "-", "-out", "-"], timeoutSeconds: 30 });
  if (made.code !== 0) throw new Error(`openssl could not make a certificate: ${made.stderr.toString()}`);
  const text = made.stdout.toString();
  const key = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----\n/.exec(text)?.[0] ?? "";
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/.exec(text)?.[0] ?? "";
  if (keyFile === certificateFile) return writeFile(keyFile, certificate + key, { mode: 0o600 });
  await writeFile(keyFile, key, { mode: 0o600 });
  await writeFile(certificateFile, certificate, { mode: 0o644 });
}

function machineFile(layout: Layout): string {
  const { ports } = layout;
  return `${[
    "MUTU_HOST=local",
    `MUTU_ROOT=${layout.machine}`,
    "MUTU_START=direct",
    "MUTU_PRIVILEGED=no",
    `MUTU_DAEMONS=${DAEMONS.join(" ")}`,
    `MUTU_DRIVERS=${layout.drivers}`,
    `MUTU_HOMES=${layout.homes}`,
    `MUTU_APACHE_BLUE=${ports.blue.join(" ")}`,
    `MUTU_APACHE_GREEN=${ports.green.join(" ")}`,
    `MUTU_APACHE_REHEARSAL=${ports.rehearsal.join(" ")}`,
    `MUTU_NGINX_HTTP=${ports.http}`,
    `MUTU_NGINX_HTTPS=${ports.https}`,
    `MUTU_HTTP_SUFFIX=:${ports.http}`,
    `MUTU_TLS_SUFFIX=:${ports.https}`,
    "MUTU_PROBE_ADDRESS=127.0.0.1",
    `MUTU_APACHE_LOGS=${join(layout.machine, "log/apache")}`,
    `MUTU_ACCOUNTS=${join(layout.machine, "run/accounts")}`,
    `MUTU_LOGS=${join(layout.machine, "run/logs")}`,
    "MUTU_PROFTPD_ADDRESSES=127.0.0.1",
    `MUTU_PROFTPD_PORT=${ports.ftp}`,
    `MUTU_PROFTPD_SFTP_PORT=${ports.sftp}`,
    `MUTU_PROFTPD_PASSIVE=${ports.passive.join(" ")}`,
    "MUTU_KNOT_ADDRESSES=127.0.0.1",
    `MUTU_KNOT_PORT=${ports.dns}`,
  ].join("\n")}\n`;
}

/** PHP-FPM of this machine (Debian's `php-fpm` depends on one version, and more can be there). */
export async function phpVersions(): Promise<string[]> {
  const names = await readdir("/usr/sbin");
  return names.flatMap((name) => /^php-fpm(\d+\.\d+)$/.exec(name)?.[1] ?? []).sort();
}
