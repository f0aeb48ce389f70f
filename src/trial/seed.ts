/** What the trial's database starts with: the machine it runs on, a plan, an administrator. The newcomer makes the rest. */
import { join } from "node:path";
import type { Context } from "../core/context.js";
import type { Services } from "../core/services.js";
import { ensureDefaultPlan } from "../features/accounts/index.js";
import { addUser, findUser } from "../features/auth/index.js";
import { changeSettings, isReady, readSettings } from "../features/dns/index.js";
import { probeHost, saveHost, setSettings } from "../features/hosts/index.js";
import type { Publisher } from "../publish/index.js";
import type { Layout } from "./layout.js";

/** Login of the first administrator. */
const ADMIN = "admin";
/** Each master costs memory; a trial has one account or two. */
const PHP_MASTERS = 2;
/** RFC 6761 §6.2: nobody's name outside, so that no resolver is ever led here. */
const NAME_SERVER = "ns.trial.test 127.0.0.1";
const HOSTMASTER = "hostmaster@trial.test";

export interface People {
  admin: string;
  /** Null when the administrator was there already: the password is shown once. */
  password: string | null;
}

/** Registers the machine (again: ports may have changed) and makes sure that somebody can log in. */
export async function seed(services: Services & { publisher: Publisher }, layout: Layout): Promise<People> {
  const ctx = services.context({ kind: "system", name: "trial" });
  await registerMachine(services, ctx, layout);
  await ensureDefaultPlan(ctx);
  if (await findUser(ctx, ADMIN)) return { admin: ADMIN, password: null };
  const { password } = await addUser(ctx, { login: ADMIN, email: "admin@localhost.test", name: "Trial administrator", admin: true });
  return { admin: ADMIN, password: password.reveal() };
}

async function registerMachine(services: Services & { publisher: Publisher }, ctx: Context, layout: Layout): Promise<void> {
  const host = await saveHost(ctx, {
    name: "local",
    address: "127.0.0.1",
    door: "direct",
    applyFile: join(layout.source, "machines/apply"),
    machineFile: layout.machineFile,
    homes: layout.homes,
    httpPort: layout.ports.http,
    httpsPort: layout.ports.https,
    phpMasters: PHP_MASTERS,
    daemons: [
      { daemon: "homes", role: "files" },
      { daemon: "php-fpm", role: "php" },
      { daemon: "apache", role: "web" },
      { daemon: "nginx", role: "web" },
      { daemon: "proftpd", role: "ftp" },
      { daemon: "knot", role: "dns" },
    ],
  });
  const { ftp, sftp, dns } = layout.ports;
  await setSettings(ctx, services.publisher.daemons, host.name, "proftpd", { ftpPort: ftp, sftpPort: sftp });
  await setSettings(ctx, services.publisher.daemons, host.name, "knot", { port: dns });
  // With a name server, every domain has its zone at once. Somebody may have named others since.
  if (!isReady(await readSettings(ctx.db))) await changeSettings(ctx, { nameServers: NAME_SERVER, hostmaster: HOSTMASTER });
  await services.publisher.idle();
  // PHP versions are offered once the machine has said which it has.
  await probeHost(ctx, services.env, host.id);
}
