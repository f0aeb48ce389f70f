/** Accounts on a private machine with the real apply, Apache and PHP-FPM, published by the real engine; some are poisoned, in ten ways. Every start of a program is counted. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { invalid } from "../../../src/core/errors.js";
import type { Machine } from "../../../src/core/machine/index.js";
import { daemon as apache } from "../../../src/daemons/apache/daemon.js";
import { daemon as fpm } from "../../../src/daemons/php-fpm/daemon.js";
import type { Daemon, Desired, HostRecord, Prober, Role } from "../../../src/publish/contract.js";
import { createPublisher, type Publisher, touch } from "../../../src/publish/index.js";
import { ApacheRig, accountState, askPort, sitePhp } from "../../daemons/apache-rig.js";
import { directory, testServices } from "../../publish/rig.js";
import { createTestContext, type TestContext } from "../../support/context.js";
import type { Scope } from "../../support/database.js";

export const FIRST = 2001;
const HOST = "web1";
const PHP = "8.2";
/** Pools cost folders of their own; so few accounts have one. */
const POOL_EVERY = 40;
const CONTROL = "10.77.0.1";
const MASTERS = 16;

/** Ways to fail, and the reason that the owner of the unit is told. Those marked are named by no program. */
export const KINDS = [
  { role: "web", code: "apache.unknown_directive", lines: (number: number) => `NoSuchDirective${number} on\n` },
  { role: "web", code: "apache.syntax", lines: () => "ErrorDocument 99999 /x\n" },
  { role: "web", code: "apache.module", lines: (number: number) => `LoadModule m${number}_module modules/mod_none${number}.so\n` },
  { role: "web", code: "apache.logs", lines: (number: number) => `CustomLog /nowhere/${number}.log common\n` },
  /** Unnamed. */
  { role: "web", code: "apache.port_taken", lines: (number: number) => `Listen 192.0.2.${1 + (number % 200)}:${1000 + (number % 60_000)}\n` },
  { role: "php", code: "php-fpm.refused", lines: () => "pm.max_children = 0\n" },
  /** Unnamed. */
  { role: "php", code: "php-fpm.too_many_workers", lines: () => "pm.max_children = 2147483647\n" },
  { role: "web", code: "sites.folder_invalid", lines: null },
  { role: "web", code: "publications.not_rendered", lines: null },
  { role: "web", code: "publications.not_readable", lines: null },
] as const;
type Kind = (typeof KINDS)[number];

export interface Counts {
  /** Verbs of apply that carry a release. */
  releases: number;
  apacheStarts: number;
  apacheChecks: number;
  fpmStarts: number;
}

/** Nobody, the tenth of all in each its own way, or everybody in the same way: a template of ours that is wrong. */
export type Poison = "nobody" | "tenth" | Kind;

export interface Village {
  ctx: TestContext;
  publisher: Publisher;
  numbers: number[];
  /** Poisoned accounts, by number. */
  poisoned: Map<number, Kind>;
  /** Gives all accounts another version; from now on the poisoned ones fail. Returns how the run ended. */
  publish(version: string, poison: Poison): Promise<string>;
  /** What a visitor of an account's site reads. */
  visit(number: number): Promise<string>;
  counts(): Counts;
}

/** Makes it; every tenth account will be poisoned, by turns in each of the ways. `homes`: accounts whose pages exist. */
export async function makeVillage(t: Scope, sites: number, homes: (number: number) => boolean): Promise<Village> {
  const rig = await ApacheRig.make({ MUTU_APACHE_START_SECONDS: "60" });
  t.after(() => rig.close());
  const { machine: place } = rig;
  const starts = countStarts(place.base);
  place.env["MUTU_APACHE_PROGRAM"] = starts.program("apache", "/usr/sbin/apache2");
  starts.program(`php-fpm${PHP}`, `/usr/sbin/php-fpm${PHP}`);
  place.env["MUTU_PHP_BINARIES"] = join(place.base, "count-php-fpm");
  const numbers = Array.from({ length: sites }, (_, at) => FIRST + at);
  const poisoned = new Map(numbers.filter((_, at) => at % 10 === 4).map((number, at) => [number, KINDS[at % KINDS.length] as Kind]));
  const state: { version: string; poison: Poison } = { version: "v1", poison: "nobody" };
  for (const number of numbers.filter(homes)) rig.home(number, { "www/v1.html": `v1 ${number}`, "www/v2.html": `v2 ${number}` });

  const kindOf = (number: number, role: string): Kind | null => {
    const kind = state.poison === "tenth" ? poisoned.get(number) : state.poison === "nobody" ? undefined : state.poison;
    return kind?.role === role ? kind : null;
  };
  const pooled = (number: number) => poisoned.get(number)?.role === "php" || number % POOL_EVERY === 0;
  const php = (number: number) => ({
    ...sitePhp(number, { memory_limit: state.version === "v1" ? "64M" : "80M" }),
    master: `m${String(number % MASTERS).padStart(2, "0")}`,
  });
  const facts = { says: [], withdrawn: false };
  const web: Role<object> = {
    ...{ name: "web", after: ["php"] },
    keys: async (_db, _host, after, limit) =>
      numbers
        .map(String)
        .filter((key) => key > after)
        .slice(0, limit),
    async collect(_db, _host, keys) {
      for (const key of keys) if (kindOf(Number(key), "web")?.code === "publications.not_readable") throw new Error("a value that no model knows");
      return keys.map((key): Desired<object> => {
        const number = Number(key);
        const name = nameOf(number);
        const serve = {
          kind: "folder" as const,
          root: `${place.homes}/${number}/www`,
          php: pooled(number) ? php(number) : null,
          index: [`${state.version}.html`],
          errorPages: {},
        };
        return {
          ...facts,
          key,
          accountId: key,
          claims: [name],
          probes: [{ kind: "web", name }],
          state: accountState(number, place.homes, [{ names: [name], serve }]),
        };
      });
    },
    outline: async (_db, _host, key) => ({ withdrawn: false, claims: [nameOf(Number(key))] }),
  };
  const pools: Role<object> = {
    ...{ name: "php", after: [] },
    keys: async (_db, _host, after, limit) =>
      numbers
        .filter(pooled)
        .map((number) => `${number}/${PHP}`)
        .filter((key) => key > after)
        .slice(0, limit),
    collect: async (_db, _host, keys) =>
      keys.map((key): Desired<object> => {
        const number = Number(key.split("/")[0]);
        const { version, master, socket } = php(number);
        const ceilings = { memoryMb: state.version === "v1" ? 256 : 300, timeSeconds: 30, uploadMb: 16, workers: 2 };
        const account = { number, login: `login${number}` };
        const pool = { account, version, master, socket, home: `${place.homes}/${number}`, envelope: "post@localhost", ...ceilings };
        return { ...facts, key, accountId: String(number), claims: [], probes: [], state: pool };
      }),
  };
  const spoil = (daemon: Daemon<never>): Daemon<never> => ({
    ...daemon,
    render(unit, probe) {
      const number = Number(unit.key.split("/")[0]);
      const kind = kindOf(number, daemon.role);
      if (kind?.code === "sites.folder_invalid") throw invalid("sites.folder_invalid", { folder: "x" });
      if (kind?.code === "publications.not_rendered") throw new TypeError("a bug");
      const files = daemon.render(unit, probe);
      return kind?.lines == null ? files : files.map((file, at) => (at === 0 ? { ...file, content: file.content + kind.lines(number) } : file));
    },
  });

  const ctx = await createTestContext(t);
  const real = place.apply(["php-fpm", "apache"]);
  const prober: Prober = {
    reaches: () => true,
    ask: (_host, { name }) =>
      askPort(portOf(rig), name, { path: "/.well-known/mutu-probe", method: "GET", headers: { "x-forwarded-for": CONTROL } }).catch((error: Error) => ({
        error: error.message,
      })),
  };
  const record: HostRecord = {
    ...{ id: HOST, name: HOST, homes: place.homes, address: "127.0.0.1", options: {} },
    machine: starts.machine(real),
    daemons: [
      { name: "apache", role: "web" },
      { name: "php-fpm", role: "php" },
    ],
    web: { address: "127.0.0.1", httpPort: 0, httpsPort: 0 },
  };
  const publisher = createPublisher({
    services: testServices(t, ctx),
    roles: [web, pools] as unknown as Role<never>[],
    daemons: [spoil(apache as unknown as Daemon<never>), spoil(fpm as unknown as Daemon<never>)],
    hosts: directory([record]),
    probers: { web: prober },
  });
  t.after(() => publisher.close());
  return {
    ...{ ctx, publisher, numbers, poisoned },
    async publish(version, poison) {
      Object.assign(state, { version, poison });
      const units = [...numbers.map((number) => ["web", String(number)]), ...numbers.filter(pooled).map((number) => ["php", `${number}/${PHP}`])];
      await ctx.transaction((tx) =>
        touch(
          tx,
          units.map(([role, key]) => ({ hostId: HOST, role: role as string, key: key as string, accountId: (key as string).split("/")[0] as string })),
        ),
      );
      await publisher.idle();
      const { state: ended } = await ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } });
      return ended;
    },
    visit: async (number) => (await askPort(portOf(rig), nameOf(number), { path: "/", method: "GET", headers: { "x-forwarded-for": "192.0.2.9" } })).body,
    counts: starts.counts,
  };
}

const nameOf = (number: number): string => `p${number}.test`;

/** The instance that serves, as nginx is told of it. */
function portOf(rig: ApacheRig): number {
  const colour = readFileSync(join(rig.machine.root, "live/colour"), "utf8").trim() as "blue" | "green";
  return rig.ports[colour][1];
}

/** Programs that note their start before they become what they stand for. */
function countStarts(base: string) {
  const log = join(base, "starts");
  writeFileSync(log, "");
  chmodSync(log, 0o666);
  let releases = 0;
  return {
    program(name: string, real: string): string {
      const path = join(base, `count-${name}`);
      writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>"${log}"\nexec ${real} "$@"\n`, { mode: 0o755 });
      return path;
    },
    machine: (real: Machine): Machine => ({
      ...real,
      stage: (...words) => {
        releases += 1;
        return real.stage(...words);
      },
      publish: (...words) => {
        releases += 1;
        return real.publish(...words);
      },
    }),
    counts(): Counts {
      const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
      const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
      return { releases, apacheStarts: count(/^apache .*FOREGROUND/), apacheChecks: count(/^apache .* -t$/), fpmStarts: count(/^php-fpm\S* .*--daemonize/) };
    },
  };
}
