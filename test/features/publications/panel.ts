/** A panel with one host, a real apply in a folder, and two accounts. */
import { addDomain } from "../../../src/features/domains/index.js";
import type { WebState } from "../../../src/features/sites/role.js";
import { addSite } from "../../../src/features/sites/sites.js";
import type { Daemon } from "../../../src/publish/contract.js";
import { publisherOf } from "../../../src/publish/index.js";
import { makeMachine } from "../../publish/machine.js";
import { buildTestApp } from "../../support/app.js";
import type { Scope } from "../../support/database.js";
import { createAccount, createHost, joinAccount } from "../../support/factories.js";

/** Renders what the web role collects as a few words; a folder named poison is refused by the machine. */
export const daemon: Daemon<WebState> = {
  name: "tester",
  role: "web",
  render({ key, state }, probe) {
    if (state.kind === "base") return [{ path: "base.conf", content: "# base\n" }];
    const sites = state.sites.map(
      ({ names, serve }) => `${names.map((name) => `name ${name}\n`).join("")}${JSON.stringify(serve).includes("poison") ? "POISON" : serve.kind}\n`,
    );
    return [{ path: `accounts/${key}.conf`, content: `probe ${probe}\n${sites.join("")}` }];
  },
  renderNotice: ({ key }) => [{ path: `accounts/${key}.conf`, content: "notice\n" }],
  explain: (output) =>
    output.flatMap((line) => {
      const path = /of \S*?\/[0-9a-f]{2}\/tester\/(\S+): POISON/.exec(line)?.[1];
      return path === undefined ? [] : [{ path, line: 3, code: "publications.not_rendered", data: {} }];
    }),
  forwardOnly: false,
};

/** FTP's daemon, as far as a host knows that it has one; whatever it writes only goes forward. */
const keeper: Daemon<never> = { name: "keeper", role: "ftp", render: () => [], renderNotice: () => [], explain: () => [], forwardOnly: true };

/** A panel whose one host is a real apply in a folder; two members with a site each. */
export async function createPanel(t: Scope) {
  const machine = await makeMachine(t, "web1", ["tester"]);
  const panel = await buildTestApp(t, {
    daemons: [daemon as unknown as Daemon, keeper as unknown as Daemon],
    logTo: { write: (line) => void (line.includes('"level":"error"') && process.stderr.write(line)) },
  });
  const ctx = panel.ctx();
  const host = await createHost(ctx, { name: "web1", roles: [], phpVersions: [] });
  const [apply, , conf] = machine.door.argv;
  await ctx.db.host.update({ where: { id: host.id }, data: { address: "127.0.0.1", httpsPort: machine.port, applyFile: apply, machineFile: conf } });
  await ctx.db.hostDaemon.create({ data: { hostId: host.id, daemon: "tester", role: "web" } });
  const account = await createAccount(ctx, { host, login: "club" });
  const neighbour = await createAccount(ctx, { host, login: "voisin" });
  const member = await panel.createUser("jeanne");
  await joinAccount(ctx, account, member);
  await joinAccount(ctx, neighbour, await panel.createUser("paul"));
  await panel.createUser("admin", { admin: true });
  const publisher = publisherOf(panel.services);
  // What the two accounts themselves publish is a run of both; what follows is each one's own.
  await publisher.idle();
  const add = async (accountId: string, name: string, folder: string) => {
    await addDomain(ctx, { accountId, name });
    const site = await addSite(ctx, { accountId, address: name, kind: "folder", folder });
    await publisher.idle();
    return site;
  };
  return {
    panel,
    ctx,
    host,
    machine,
    publisher,
    account,
    neighbour,
    add,
    admin: await panel.as("admin"),
    jeanne: await panel.as("jeanne"),
    paul: await panel.as("paul"),
  };
}
