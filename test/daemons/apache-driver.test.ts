/** Apache's driver, called as apply calls it: blue and green, nothing lost, nothing killed by a release that is refused. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { AccountWebState } from "../../src/features/sites/role.js";
import { ApacheRig, accountState, askPort } from "./apache-rig.js";
import { type Step, until } from "./private-machine.js";

const rig = await ApacheRig.make();
after(() => rig.close());
const { machine } = rig;
const homes = machine.homes;
rig.home(2001, { "one/index.html": "one", "two/index.html": "two" });
const state = (folder: string, names = ["a.test"]): AccountWebState =>
  accountState(2001, homes, [{ names, serve: { kind: "folder", root: `${homes}/2001/${folder}`, php: null, index: ["index.html"], errorPages: {} } }]);
const status = () => machine.driver("apache", "status", machine.live).words;
const told = (step: Step, live: string) => ({ ...step.env, MUTU_NEXT: live, MUTU_LIVE: live });

test("a first release starts, and says what it is", async () => {
  rig.publish([state("one")]);
  assert.match(status(), /^version 2\.4\.\d+\nrunning blue\nloaded root1\n$/);
  const upstream = readFileSync(join(machine.live.MUTU_LIVE as string, "upstream.conf"), "utf8");
  assert.match(
    upstream,
    new RegExp(`upstream mutu_http \\{ server 127\\.0\\.0\\.1:${rig.ports.blue[0]} max_fails=0; server 127\\.0\\.0\\.1:${rig.ports.green[0]} backup`),
  );
  assert.match(
    upstream,
    new RegExp(`upstream mutu_https \\{ server 127\\.0\\.0\\.1:${rig.ports.blue[1]} max_fails=0; server 127\\.0\\.0\\.1:${rig.ports.green[1]} backup`),
  );
  assert.equal((await rig.ask("a.test")).body, "one");
});

test("an exchange loses no request, GET or POST, and the first instance ends after its last", async () => {
  let asked = 0;
  let going = true;
  const clients = Array.from({ length: 3 }, async (_, at) => {
    while (going) {
      const answer = await rig.ask("a.test", { method: at === 0 ? "POST" : "GET" });
      assert.equal(answer.status, 200);
      asked += 1;
    }
  });
  const seen: string[] = [];
  for (const folder of ["two", "one", "two"]) {
    // As apply does it, but other work goes on meanwhile: the clients above.
    const step = machine.stage(rig.tree([state(folder)]));
    for (const verb of ["rehearse", "prepare"]) await must(verb, step);
    machine.switchTo(step);
    await must("commit", step);
    const before = asked;
    await until("requests on the new instance", () => asked > before + 20);
    await must("settle", { ...step, env: told(step, step.next) });
    seen.push(rig.colour);
    assert.equal((await rig.ask("a.test")).body, folder);
  }
  going = false;
  await Promise.all(clients);
  assert.deepEqual(seen, ["green", "blue", "green"]);
  await until("blue to end", () => refused(rig.ports.blue[0]));
});

test("a release that changes nothing of Apache's exchanges nothing, and a reboot finds its files", async () => {
  const colour = rig.colour;
  const tree = rig.tree([state("two")]);
  const step = machine.publish(["apache"], { ...tree, "nginx/limits/2001.map": "x" });
  assert.equal(rig.colour, colour);
  assert.match(status(), new RegExp(`running ${colour}\nloaded root${step.n}`));
});

test("sockets that moved are a reason to exchange", async () => {
  const colour = rig.colour;
  machine.publish(["apache"], rig.tree([state("two")]), (next) => writeFileSync(join(next, "php.conf"), "Define MUTU_PHP_8_2_M01 /run/elsewhere\n"));
  assert.notEqual(rig.colour, colour);
  const again = rig.colour;
  machine.publish(["apache"], rig.tree([state("two")]), (next) => writeFileSync(join(next, "php.conf"), "Define MUTU_PHP_8_2_M01 /run/elsewhere\n"));
  assert.equal(rig.colour, again, "the same sockets are none");
  // PHP's driver links the file of before when no pool changed.
  const live = machine.live.MUTU_LIVE as string;
  machine.publish(["apache"], rig.tree([state("two")]), (next) => linkSync(join(live, "php.conf"), join(next, "php.conf")));
  assert.equal(rig.colour, again, "nor is the same file");
});

test("a release that would kill Apache is refused with its words, and the old one never stopped", async () => {
  const colour = rig.colour;
  const tree = rig.tree([state("one")]);
  // Passes `apachectl -t`.
  tree["apache/accounts/2666.conf"] = `Listen 127.0.0.1:${rig.ports[colour][0]}\n`;
  const step = machine.stage(tree);
  const rehearsed = machine.driver("apache", "rehearse", step.env);
  assert.notEqual(rehearsed.code, 0);
  assert.match(rehearsed.words, /could not bind to address/);
  const prepared = machine.driver("apache", "prepare", step.env);
  assert.notEqual(prepared.code, 0);
  assert.match(prepared.words, /could not bind to address[\s\S]*apache (blue|green) does not answer/);
  for (let twice = 0; twice < 2; twice++) assert.equal(machine.driver("apache", "abort", step.env).code, 0);
  discard(step);
  assert.equal((await rig.ask("a.test")).body, "two");
  const [next] = rig.ports[colour === "blue" ? "green" : "blue"];
  await until("nothing of it runs", () => refused(next));
  assert.match(status(), new RegExp(`running ${colour}\n`));
});

test("an abort after a prepare that succeeded ends what it started, not what serves", async () => {
  const step = machine.stage(rig.tree([state("one", ["a.test", "b.test"])]));
  await must("prepare", step);
  assert.equal((await askPort(otherPort(), "b.test", { path: "/", method: "GET", headers: {} })).body, "one");
  await must("abort", step);
  await until("the other instance to end", () => refused(otherPort()));
  assert.equal((await rig.ask("a.test")).body, "two");
});

test("after a reboot exactly the live release starts, whatever pid files say", async () => {
  const live = machine.live.MUTU_LIVE as string;
  const colour = rig.colour;
  const release = join(machine.root, "releases", readFileSync(join(live, "root"), "utf8").trim());
  rig.endApache();
  await until("nothing serves", () => refused(rig.ports[colour][0]));
  // The number in the file belongs to another process now.
  writeFileSync(join(machine.root, `run/apache-${colour}.pid`), `${process.pid}\n`);
  assert.match(status(), /running none/);
  const env = { MUTU_LIVE: live, MUTU_NEXT: live, MUTU_RELEASE: release, MUTU_CHANGED: join(live, "changed") };
  for (let twice = 0; twice < 2; twice++) {
    const { code, words } = machine.driver("apache", "boot", env);
    assert.equal(code, 0, words);
  }
  assert.match(status(), new RegExp(`running ${colour}\n`));
  assert.equal((await rig.ask("a.test")).body, "two");
});

test("a trial that is not root: one owner for all, and no more is needed", async (t) => {
  const trial = await ApacheRig.make({ MUTU_PRIVILEGED: "no", MUTU_TLS_SUFFIX: ":8443" });
  t.after(() => trial.close());
  const number = 64_999;
  trial.home(number, { "www/index.html": "trial" });
  const step = trial.machine.stage(
    trial.tree([
      accountState(2001, trial.machine.homes, [
        {
          names: ["t.test"],
          forceHttps: true,
          serve: { kind: "folder", root: `${trial.machine.homes}/${number}/www`, php: null, index: ["index.html"], errorPages: {} },
        },
      ]),
    ]),
  );
  execFileSync("chown", ["-R", `${number}:${number}`, trial.machine.base]);
  for (const verb of ["rehearse", "prepare"]) {
    const { code, words } = await trial.call(verb, step.env, number);
    assert.equal(code, 0, `${verb}: ${words}`);
  }
  trial.machine.switchTo(step);
  assert.equal((await trial.ask("t.test")).body, "trial");
  assert.equal((await trial.ask("t.test", { tls: false })).headers.location, "https://t.test:8443/");
  assert.equal((await trial.call("halt", trial.machine.live, number)).code, 0);
  assert.ok(await refused(trial.ports.blue[0]));
});

test("a verb that is not one", () => assert.equal(machine.driver("apache", "format", machine.live).code, 64));

test("nothing of a rehearsal stays", () => assert.ok(!existsSync(join(machine.root, "run/rehearsal-apache"))));

async function must(verb: string, step: Pick<Step, "env">): Promise<void> {
  const { code, words } = await rig.call(verb, step.env);
  assert.equal(code, 0, `${verb}: ${words}`);
}

/** A release that was never activated leaves its number to the next. */
function discard(step: Step): void {
  for (const folder of [step.next, step.env.MUTU_RELEASE as string]) rmSync(folder, { recursive: true });
}

const otherPort = () => rig.ports[rig.colour === "blue" ? "green" : "blue"][0];

async function refused(port: number): Promise<boolean> {
  return askPort(port, "a.test", { path: "/", method: "GET", headers: {} }).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
  );
}
