/** A web machine in a folder, for real renderers: the real apply, drivers that do nothing, and a web server that answers probes as the generated files of Apache and PHP-FPM say. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const DRIVER = `#!/bin/sh
name=\${0%/driver}; name=\${name##*/}
[ "$1" != status ] || [ "$name" != php-fpm ] || echo "versions 8.2"
exit 0
`;

/** Lays apply's own file and the drivers below a folder; `root` may be there already. Gives the path of the machine file. */
export function layMachine(folder: string, daemons: readonly string[]): string {
  const drivers = join(folder, "daemons");
  for (const daemon of daemons) {
    mkdirSync(join(drivers, daemon), { recursive: true });
    writeFileSync(join(drivers, daemon, "driver"), DRIVER, { mode: 0o755 });
  }
  mkdirSync(join(folder, "root"), { recursive: true });
  const lines = { HOST: "web1", ROOT: join(folder, "root"), START: "direct", PRIVILEGED: "no", DAEMONS: daemons.join(" "), DRIVERS: drivers };
  const file = join(folder, "machine.conf");
  const text = Object.entries(lines).map(([key, value]) => `MUTU_${key}=${value}\n`);
  writeFileSync(file, text.join(""), { mode: 0o644 });
  return file;
}

interface Served {
  site: string;
  pool: string | null;
}

/** What each name is answered with, read from what is live now. */
export function readServed(root: string): Map<string, Served> {
  const release = join(root, "live/release");
  const served = new Map<string, Served>();
  if (!existsSync(release)) return served;
  const files = readdirSync(release, { recursive: false, encoding: "utf8" })
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .flatMap((shard) => readdirSync(join(release, shard), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), text: readFileSync(join(entry.parentPath, entry.name), "utf8") }));
  const pools = new Map<string, string>();
  for (const { text } of files)
    for (const [, socket = "", hash = ""] of text.matchAll(/^listen = \S*\/([0-9a-f]+\.sock)$[\s\S]*?^ping\.response = ([0-9a-f]{64})$/gm))
      pools.set(socket, hash);
  for (const { path, text } of files.filter(({ path }) => path.includes("/apache/"))) {
    for (const [block] of text.matchAll(/<VirtualHost[\s\S]*?<\/VirtualHost>/g)) {
      const site = /MutuProbe ([0-9a-f]{64})/.exec(block)?.[1] ?? "";
      const socket = /\/([0-9a-f]+\.sock)/.exec(block)?.[1];
      for (const [, names = ""] of block.matchAll(/Server(?:Name|Alias) (.*)/g))
        for (const name of names.split(" ")) served.set(name, { site: site || path, pool: socket === undefined ? null : (pools.get(socket) ?? null) });
    }
  }
  return served;
}

/** Starts the web server. */
export async function serve(root: string, tls: { key: string; cert: string }): Promise<{ server: Server; port: number }> {
  let live = "";
  let served = new Map<string, Served>();
  const server = createServer(tls, (request, response) => {
    const now = existsSync(join(root, "live")) ? readlinkSync(join(root, "live")) : "";
    if (now !== live) [live, served] = [now, readServed(root)];
    const name = (request.headers.host ?? "").split(":")[0] ?? "";
    const found = served.get(name) ?? served.get(name.replace(/^[^.]+/, "*"));
    const answer = request.url === "/.well-known/mutu-probe/php" ? found?.pool : found?.site;
    response.writeHead(answer ? 200 : 404).end(answer ?? "default page");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, port: (server.address() as AddressInfo).port };
}
