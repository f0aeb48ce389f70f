import assert from "node:assert/strict";
import { test } from "node:test";
import type { Actor } from "../../src/core/context.js";
import { isRefusal, messageKey } from "../../src/core/errors.js";
import { accountsWith, ownedBy, registerPermissions, requireAdmin, requirePermission, rolesWith } from "../../src/core/ownership.js";
import { createActor } from "../support/context.js";

registerPermissions({ "ownership.write": ["owner", "webmaster"], "ownership.read": ["owner", "webmaster", "mail", "reader"] });

const nobody: Actor = { kind: "nobody", address: "192.0.2.1" };
const system: Actor = { kind: "system", name: "job" };
const admin = createActor("root");
const member = createActor("alice", { a: "owner", b: "reader" });

test("ownedBy finds the accounts whose role has the permission, all for administrators, none for nobody", () => {
  assert.deepEqual(ownedBy({ actor: member }, "ownership.write"), { accountId: { in: ["a"] } });
  assert.deepEqual(ownedBy({ actor: member }, "ownership.read"), { accountId: { in: ["a", "b"] } });
  assert.deepEqual(ownedBy({ actor: nobody }, "ownership.read"), { accountId: { in: [] } });
  assert.deepEqual(ownedBy({ actor: admin }, "ownership.read"), {});
  assert.deepEqual(ownedBy({ actor: system }, "ownership.read"), {});
  assert.equal(accountsWith(admin, "ownership.read"), null);
});

const status = (act: () => void): number => {
  try {
    act();
    return 200;
  } catch (error) {
    assert.ok(isRefusal(error));
    return error.status;
  }
};

test("a stranger learns nothing (404), a member without the right is told (403)", () => {
  const ask = (actor: Actor, account: string) => status(() => requirePermission({ actor }, "ownership.write", account));
  assert.equal(ask(member, "a"), 200);
  assert.equal(ask(member, "b"), 403);
  assert.equal(ask(member, "c"), 404);
  assert.equal(ask(nobody, "a"), 404);
  assert.equal(ask(admin, "c"), 200);
  assert.equal(
    status(() => requireAdmin({ actor: member })),
    404,
  );
  assert.equal(
    status(() => requireAdmin({ actor: admin })),
    200,
  );
});

test("a permission that nobody declared is a fault, and so is one declared twice in two ways", () => {
  assert.throws(() => rolesWith("ownership.fly"), /declared by no feature/);
  assert.throws(() => registerPermissions({ "ownership.write": ["owner"] }), /declared twice/);
});

test("codes lead to their messages", () => {
  assert.equal(messageKey("sites.address_taken"), "sites.errors.address_taken");
});
