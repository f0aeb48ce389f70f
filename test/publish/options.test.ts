/** Settings of daemons: what is kept and no longer fits falls back to the default, what is sent and does not fit is a fault at its field. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Refusal } from "../../src/core/errors.js";
import type { DaemonOption } from "../../src/publish/contract.js";
import { optionsOf, parseOptions } from "../../src/publish/options.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";

const options: Record<string, DaemonOption> = {
  port: { type: "integer", title: "x.port", default: 53, minimum: 1, maximum: 65535 },
  plain: { type: "boolean", title: "x.plain", default: false },
  address: { type: "text", title: "x.address", default: "", pattern: "[0-9.]*", maxLength: 15 },
  mode: { type: "choice", title: "x.mode", default: "required", choices: ["required", "optional"] },
};
const defaults = { port: 53, plain: false, address: "", mode: "required" };

test("what nobody set, or no longer fits, is the default", () => {
  assert.deepEqual(optionsOf({ options }, {}), defaults);
  assert.deepEqual(optionsOf({ options }, null), defaults);
  assert.deepEqual(optionsOf({ options }, { port: 0, plain: "yes", address: "::1", mode: "never", gone: 1 }), defaults);
  assert.deepEqual(optionsOf({ options }, { port: 5353, plain: true, address: "192.0.2.1", mode: "optional" }), {
    ...{ port: 5353, plain: true },
    ...{ address: "192.0.2.1", mode: "optional" },
  });
  assert.deepEqual(optionsOf(undefined, { port: 1 }), {});
});

test("a form's text becomes values, and what is not sent is not set", () => {
  assert.deepEqual(parseOptions({ options }, { port: " 5353 ", address: "192.0.2.1", mode: "optional", other: "x" }), {
    ...{ port: 5353, address: "192.0.2.1" },
    mode: "optional",
  });
  assert.deepEqual(parseOptions({ options }, { plain: "true" }), { plain: true });
});

test("each value that does not fit is told at its field", () => {
  const sent = { port: "65536", address: "1.2.3.4\n5", mode: "none", plain: "maybe" };
  assert.throws(
    () => parseOptions({ options }, sent),
    (error: Refusal) => {
      assert.deepEqual(error.fields.map(({ field }) => field).sort(), ["address", "mode", "plain", "port"]);
      return true;
    },
  );
});

test("nothing hostile passes a pattern", () => {
  fc.assert(
    fc.property(fc.constantFrom(...HOSTILE_STRINGS), fc.constantFrom("port", "mode", "address"), (text, field) => {
      try {
        const parsed = parseOptions({ options }, { [field]: text });
        assert.match(String(parsed[field]), /^[0-9.]*$/);
      } catch (error) {
        assert.ok(error instanceof Refusal);
      }
    }),
  );
});
