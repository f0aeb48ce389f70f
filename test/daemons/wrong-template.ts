/** A template of ours that is wrong, through the real engine, the real apply and a real daemon: every account's file comes out wrong in the same way. */
import assert from "node:assert/strict";
import type { Machine } from "../../src/core/machine/index.js";
import type { Answer, Daemon, Desired, HostRecord, Prober, Role } from "../../src/publish/contract.js";
import { createPublisher, touch } from "../../src/publish/index.js";
import { directory, testServices } from "../publish/rig.js";
import { createTestContext } from "../support/context.js";
import type { Scope } from "../support/database.js";

const FIRST = 2001;
/** More than fail alike by chance. */
const ACCOUNTS = 8;
const HOST = "host1";

export interface WrongTemplate<State> {
  daemon: Daemon<State>;
  machine: Machine;
  /** Settings of the daemon on its host, as the prober reads them. */
  options?: HostRecord["options"][string];
  prober: Prober;
  /** Units that every account's stand on, by key. */
  shared?: Record<string, State>;
  /** The unit of an account in a version, and what is asked of it. */
  unit(number: number, version: string): { key: string; claims: string[]; probe: string; state: State };
  /** What a wrong template makes of a file, and the reason that the program gives. */
  wrong: { code: string; spoil(content: string): string }[];
  /** What a visitor of an account meets: the version of what serves. */
  visit(number: number): Promise<string>;
}

/** Publishes all accounts rightly, then through each wrong template: refused as our error, nobody blamed, what served before goes on. */
export async function assertNobodyBlamed<State>(t: Scope, given: WrongTemplate<State>): Promise<void> {
  const numbers = Array.from({ length: ACCOUNTS }, (_, at) => FIRST + at);
  let version = "v1";
  let spoil = (content: string): string => content;
  const shared = given.shared ?? {};
  const accounts = () => new Map(numbers.map((number) => [given.unit(number, version).key, number]));
  const role: Role<State> = {
    ...{ name: given.daemon.role, after: [] },
    keys: async (_db, _host, after, limit) => [...Object.keys(shared), ...accounts().keys()].filter((key) => key > after).slice(0, limit),
    collect: async (_db, _host, keys) => {
      const known = accounts();
      return keys.map((key): Desired<State> => {
        const number = known.get(key);
        if (number === undefined) return { key, accountId: null, says: [], claims: [], withdrawn: false, probes: [], state: shared[key] ?? null };
        const { claims, probe, state } = given.unit(number, version);
        return { key, accountId: String(number), says: [], claims, withdrawn: false, probes: [{ kind: "asked", name: probe }], state };
      });
    },
  };
  const daemon: Daemon<State> = {
    ...given.daemon,
    render: (unit, probe) => {
      const files = given.daemon.render(unit, probe);
      return unit.key in shared ? files : files.map((file) => ({ ...file, content: spoil(file.content) }));
    },
  };
  const record: HostRecord = {
    ...{ id: HOST, name: HOST, homes: "/srv/homes", address: "127.0.0.1", machine: given.machine },
    options: { [daemon.name]: given.options ?? {} },
    daemons: [{ name: daemon.name, role: daemon.role }],
    web: { address: "127.0.0.1", httpPort: 0, httpsPort: 0 },
  };
  const ctx = await createTestContext(t);
  const publisher = createPublisher({
    services: testServices(t, ctx),
    roles: [role] as unknown as Role<never>[],
    daemons: [daemon] as unknown as Daemon<never>[],
    hosts: directory([record]),
    probers: { asked: given.prober },
  });
  t.after(() => publisher.close());
  const publish = async () => {
    const known = accounts();
    const units = [...Object.keys(shared), ...known.keys()].map((key) => ({
      ...{ hostId: HOST, role: role.name, key },
      accountId: known.has(key) ? String(known.get(key)) : null,
    }));
    await ctx.transaction((tx) => touch(tx, units));
    await publisher.idle();
    return ctx.db.publication.findFirstOrThrow({ orderBy: { number: "desc" } });
  };
  const visits = async () => [...new Set(await Promise.all(numbers.map((number) => given.visit(number))))];

  const first = await publish();
  assert.equal(first.state, "done", JSON.stringify(first.errors));
  assert.deepEqual(await visits(), ["v1"]);
  version = "v2";
  for (const one of given.wrong) {
    spoil = one.spoil;
    const { state, errors } = await publish();
    const told = JSON.stringify(errors);
    assert.equal(state, "refused", `${one.code}: ${told}`);
    assert.match(told, new RegExp(`publications\\.failing_alike.*${one.code.replaceAll(".", "\\.")}`));
    assert.equal(await ctx.db.publishUnit.count({ where: { quarantineCode: { not: null } } }), 0, `${one.code}: nobody is blamed`);
    assert.deepEqual(await visits(), ["v1"], one.code);
  }
  spoil = (content) => content;
  const mended = await publish();
  assert.equal(mended.state, "done", JSON.stringify(mended.errors));
  assert.deepEqual(await visits(), ["v2"]);
}

/** A prober of the test's own. */
export const proberOf = (ask: (name: string) => Promise<Answer>): Prober => ({ reaches: () => true, ask: (_host, { name }) => ask(name) });
