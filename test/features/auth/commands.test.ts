import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Command } from "commander";
import { addCommands } from "../../../src/features/auth/commands.js";
import { feature as auth } from "../../../src/features/auth/feature.js";
import { feature as home } from "../../../src/features/home/feature.js";
import { buildTestApp, type TestApp } from "../../support/app.js";

/** Runs `mutu auth …` and gives what it prints. */
async function mutu(t: TestContext, app: TestApp, ...words: string[]): Promise<string> {
  const command = new Command("auth").exitOverride();
  addCommands(command, app.services);
  const printed: string[] = [];
  const write = t.mock.method(process.stdout, "write", (text: string) => printed.push(text) > 0);
  try {
    await command.parseAsync(words, { from: "user" });
  } finally {
    write.mock.restore();
  }
  return printed.join("");
}

test("the first administrator is made on the command line; the password is printed once and works", async (t) => {
  const app = await buildTestApp(t, { features: [auth, home] });
  const printed = await mutu(t, app, "admin", "create", "boss", "--email", "boss@example.org", "--name", "The Boss");
  const [, password = ""] = /^boss\t(\S+)\n$/.exec(printed) ?? [];
  const admin = await app.as("boss", password);
  assert.equal((await admin.get("/users")).statusCode, 200);
  await assert.rejects(mutu(t, app, "admin", "create", "boss", "--email", "other@example.org"), { code: "auth.login_taken" });
});

test("a new password ends the sessions of its person; disabling and enabling work; unknown people are told", async (t) => {
  const app = await buildTestApp(t, { features: [auth, home] });
  await app.createUser("keeper", { admin: true });
  await app.createUser("jeanne");
  const before = await app.as("jeanne");
  const printed = await mutu(t, app, "password", "jeanne");
  assert.equal((await before.get("/profile")).statusCode, 303);
  const password = printed.trim().split("\t")[1] ?? "";
  await app.as("jeanne", password);
  assert.equal(await mutu(t, app, "users", "disable", "JEANNE"), "disabled\n");
  await assert.rejects(app.as("jeanne", password), /422/);
  assert.equal(await mutu(t, app, "users", "enable", "jeanne"), "active\n");
  assert.equal(await mutu(t, app, "users", "list", "keep"), "keeper\tkeeper@example.org\tactive admin\n1/1\n");
  await assert.rejects(mutu(t, app, "password", "nobody"), { code: "auth.user_unknown" });
});
