import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { isRefusal } from "../../../src/core/errors.js";
import { accountCommands } from "../../../src/features/accounts/commands.js";
import { domainCommands } from "../../../src/features/domains/commands.js";
import { siteCommands } from "../../../src/features/sites/commands.js";
import { buildTestApp } from "../../support/app.js";
import { createHost } from "../../support/factories.js";

test("The command line does what pages do, with the same schemas", async (t) => {
  const panel = await buildTestApp(t);
  const ctx = panel.ctx();
  await createHost(ctx, { name: "web1" });
  const out: string[] = [];
  t.mock.method(process.stdout, "write", (text: string) => out.push(String(text)) > 0);
  const mutu = async (...words: string[]) => {
    const root = new Command("mutu");
    accountCommands(root.command("accounts"), panel.services);
    domainCommands(root.command("domains"), panel.services);
    siteCommands(root.command("sites"), panel.services);
    out.length = 0;
    await root.parseAsync(["node", "mutu", ...words]);
    return out.join("");
  };
  const refused = async (code: string, ...words: string[]) => {
    await assert.rejects(mutu(...words), (error) => isRefusal(error) && error.code === code);
  };

  assert.match(await mutu("accounts", "plans", "add", "Petite", "--max-sites", "2"), /^$/);
  assert.match(
    await mutu("accounts", "add", "club", "--name", "Club", "--owner", "jeanne", "--email", "j@example.org", "--plan", "Petite"),
    /2000\tclub\npassword of jeanne: \S+/,
  );
  await refused("accounts.plan_unknown", "accounts", "add", "ski", "--name", "Ski", "--owner", "jeanne", "--plan", "Nulle");
  assert.match(await mutu("sites", "add", "club", "club.test", "--memory-mb", "64"), /\tclub\.test\twww\/club\.test/);
  await refused("sites.above_plan", "sites", "edit", "club.test", "--memory-mb", "5000");
  await refused("shell.number", "sites", "edit", "club.test", "--memory-mb", "lots");
  await mutu("sites", "edit", "club.test", "--kind", "redirect", "--target", "https://example.org", "--redirect-status", "308", "--keep-path", "false");
  const site = await ctx.db.site.findFirstOrThrow();
  assert.deepEqual([site.kind, site.redirectStatus, site.keepPath, site.memoryMb], ["redirect", 308, false, 64]);
  await mutu("sites", "add-address", "club.test", "blog.club.test");
  await mutu("sites", "remove-address", "club.test", "blog.club.test");
  await mutu("sites", "remove", "club.test");
  assert.match(await mutu("sites", "list"), /club\.test\tclub\tredirect\tbin/);
  await mutu("sites", "restore", "club.test");
  await mutu("domains", "add", "2000", "second.test");
  await mutu("domains", "remove", "second.test");
  assert.match(await mutu("domains", "list"), /second\.test\tclub\tbin/);
  await mutu("domains", "release", "second.test");
  await mutu("domains", "forbidden", "add", "bank.test", "phishing");
  await refused("domains.forbidden", "domains", "add", "club", "bank.test");
  await mutu("accounts", "suspend", "club", "unpaid");
  assert.match(await mutu("accounts", "list"), /2000\tclub\tsuspended\tPetite\tweb1\tClub/);
  await mutu("accounts", "resume", "club");
  await mutu("accounts", "remove", "club", "--days", "3");
  await mutu("accounts", "restore", "club");
  await refused("accounts.account_unknown", "accounts", "suspend", "nobody", "x");
});
