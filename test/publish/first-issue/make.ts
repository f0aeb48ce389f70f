/**
 * Made the two archives beside it, from the first issue's last commit (869878c), by that commit's own program:
 *   git worktree add --detach /tmp/first 869878c && cp -al node_modules /tmp/first/ && (cd /tmp/first && node prisma/generate.mjs)
 *   node --import tsx test/publish/first-issue/make.ts /tmp/first OUT [postgresql://…]
 * `state.tar.xz`: the panel's folder (database, keys, store) and the machine's root; `database.pgdump`: the same rows of PostgreSQL, as pg_dump writes them.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { layMachine, serve } from "./machine.js";

const [first = "", out = "", url] = process.argv.slice(2).map((word) => (word.startsWith("postgresql:") ? word : resolve(word)));
const DAEMONS = ["homes", "php-fpm", "apache", "nginx"];
// The modules of that day, whatever their types were.
// biome-ignore lint/suspicious/noExplicitAny: another program's modules
const old = (path: string): Promise<any> => import(join(first, "src", path));

const [state, machine] = [join(out, "state"), join(out, "machine")];
mkdirSync(state, { recursive: true });
const { newKeyFile, parseKeyRing, Secret } = await old("core/secret.ts");
writeFileSync(join(state, "keys"), newKeyFile("first"), { mode: 0o600 });
const databaseUrl = url ?? `file:${join(state, "mutu.db")}`;
const { migrateDatabase } = await old("core/migrate.ts");
await migrateDatabase(databaseUrl);

const { selfSigned } = await old("core/http/certificate.ts");
const { key, certificate } = selfSigned(["test"], [], new Date());
const { server, port } = await serve(join(machine, "root"), { key, cert: certificate });
const machineFile = layMachine(machine, DAEMONS);
const env = {
  ...{
    mode: "test",
    databaseUrl: new Secret(databaseUrl),
    origin: "https://panel.test",
    listen: { host: "127.0.0.1", port: 0 },
    tls: null,
    trustedProxies: [],
  },
  ...{ state, keys: parseKeyRing(readFileSync(join(state, "keys"), "utf8")), language: "fr", logLevel: "warn", ownNames: ["panel.test"], extra: () => null },
};
const { boot } = await old("boot.ts");
const program = await boot(env);
const ctx = program.services.context({ kind: "system", name: "test" });
const { saveHost, probeHost } = await old("features/hosts/index.ts");
const roles: Record<string, string> = { homes: "files", "php-fpm": "php", apache: "web", nginx: "web" };
const daemons = DAEMONS.map((daemon) => ({ daemon, role: roles[daemon] }));
const applyFile = join(first, "machines/apply");
const host = await saveHost(ctx, {
  name: "web1",
  address: "127.0.0.1",
  door: "direct",
  machineFile,
  applyFile,
  homes: "/srv/mutu/homes",
  httpsPort: port,
  daemons,
});
await probeHost(ctx, env, host.id);
const { addAccount, suspendAccount } = await old("features/accounts/index.ts");
const { addSite, editSite, removeSite } = await old("features/sites/index.ts");
await ctx.db.plan.updateMany({ data: { maxDomains: 50, maxSites: 50 } });
for (const word of ["amis", "lecture", "velo", "endormis"]) {
  const { account } = await addAccount(ctx, { login: word, name: `Association ${word}`, ownerLogin: "jeanne", ownerEmail: "jeanne@example.com" });
  const site = await addSite(ctx, { accountId: account.id, address: `${word}-asso.org`, withWww: true });
  await addSite(ctx, {
    accountId: account.id,
    address: `ancien.${word}-asso.org`,
    withWww: false,
    kind: "redirect",
    target: `https://${word}-asso.org/`,
    redirectStatus: 308,
    keepPath: true,
  });
  const gone = await addSite(ctx, { accountId: account.id, address: `essai.${word}-asso.org`, withWww: false });
  await program.services.publisher.idle();
  await editSite(ctx, site.id, { memoryMb: 48 });
  await removeSite(ctx, gone.id);
  if (word === "endormis") await suspendAccount(ctx, account.id, "Cotisation de 2025");
  await program.services.publisher.idle();
}
const units = await ctx.db.publishUnit.findMany();
for (const unit of units)
  process.stdout.write(
    `${unit.role} ${unit.key} ${unit.serving} wanted ${unit.wanted} published ${unit.published} verified ${unit.verified} ${unit.quarantineCode ?? ""}\n`,
  );
const removed = await ctx.db.site.count();
process.stdout.write(`${removed} sites\n`);
if (url === undefined) await ctx.db.$executeRawUnsafe("VACUUM");
await program.close();
server.close();
if (url !== undefined)
  execFileSync("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", `--file=${join(out, "database.pgdump")}`, `--dbname=${url}`]);
else execFileSync("tar", ["-C", out, "--numeric-owner", "--owner=0", "--group=0", "-cJf", join(out, "state.tar.xz"), "state", "machine/root"]);
