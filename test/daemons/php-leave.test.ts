/** Somebody in the Apache of before who has not reached his PHP yet: its masters end after that Apache, whether its release was settled or left again. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";
import { NEEDS_ROOT, until } from "./private-machine.js";

// Nobody else's on this machine, other tests' neither: what runs as one that leaves is ended, wherever it runs.
const NUMBER = 20_011;
/** In the same master. */
const GONE = 20_013;
const ESTABLISHED = "01";

const rig = await ApacheRig.make({ MUTU_APACHE_DRAIN_SECONDS: "60" });
after(() => rig.close());
const { machine } = rig;
rig.home(NUMBER, { "www/who.php": "<?php echo 'heard';" });
/** The account's site; another number of workers is another pool, and so another master. */
const tree = (workers: number, ...more: number[]) => {
  const site = (number: number, name: string) => {
    const serve = { kind: "folder" as const, root: `${machine.homes}/${number}/www`, php: sitePhp(number), index: ["index.html"], errorPages: {} };
    return accountState(number, machine.homes, [{ names: [name], serve }]);
  };
  const files = rig.tree([site(NUMBER, "a.test"), ...more.map((number) => site(number, "b.test"))]);
  for (const path of Object.keys(files)) files[path] = (files[path] as string).replace(/^(pm\.max_children = )\d+$/m, `$1${workers}`);
  return files;
};
const masters = () =>
  machine
    .driver("php-fpm", "status", machine.live)
    .words.split("\n")
    .filter((line) => line.startsWith("running "))
    .map((line) => line.slice("running ".length));
const must = (daemon: string, verb: string, env: Record<string, string>) => {
  const { code, words } = machine.driver(daemon, verb, env);
  assert.equal(code, 0, `${daemon} ${verb}: ${words}`);
};

/** Somebody whose question stops before its last line; `ask` sends that and gives the answer. */
async function slowVisitor(host = "a.test"): Promise<{ ask(): Promise<string> }> {
  const port = rig.ports[rig.colour][1];
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  const closed = new Promise<void>((resolve, reject) => {
    socket.once("close", () => resolve());
    socket.once("error", reject);
  });
  socket.write(`GET /who.php HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: 192.0.2.9\r\n`);
  await until("Apache has taken the connection", () => accepted(port, socket.localPort as number));
  return {
    async ask() {
      socket.write("\r\n");
      await until("the answer", () => text.includes("heard") || text.includes("HTTP/1.1 5"));
      socket.end();
      await closed;
      return text;
    },
  };
}

/** Asks at once, and gives the answer when the other end has closed. */
function ask(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    connect(rig.ports[rig.colour][1], "127.0.0.1")
      .on("data", (chunk) => {
        text += chunk;
      })
      .on("close", () => resolve(text))
      .on("error", reject)
      .write(`GET /who.php HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}

/** How many processes have an account's number. */
function processesOf(number: number): number {
  return readdirSync("/proc").filter((entry) => {
    try {
      return /^\d+$/.test(entry) && new RegExp(`^Uid:\\s${number}\\s`, "m").test(readFileSync(`/proc/${entry}/status`, "utf8"));
    } catch {
      return false;
    }
  }).length;
}

/** Whether the server's end of a connection is a program's: until it is accepted, the kernel gives it no inode. */
function accepted(server: number, client: number): boolean {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
  return ["tcp", "tcp6"].some((file) =>
    readFileSync(`/proc/net/${file}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .some(
        ([, local, remote, state, , , , , , inode]) =>
          local?.endsWith(`:${hex(server)}`) && remote?.endsWith(`:${hex(client)}`) && state === ESTABLISHED && inode !== "0",
      ),
  );
}

test("a release is settled while somebody is in the Apache of before: his PHP is still there", async () => {
  machine.publish(["php-fpm", "apache"], tree(2));
  const [before] = masters();
  const visitor = await slowVisitor();
  machine.publish(["php-fpm", "apache"], tree(3));
  assert.equal(masters().length, 2, "the new master, and the one that he may still need");
  assert.match(await visitor.ask(), /^HTTP\/1\.1 200 [\s\S]*heard/);
  await until("the master of before has ended", () => !masters().includes(before as string));
  assert.equal(masters().length, 1);
});

test("an account has left while somebody is in the Apache of before: nothing of it goes on, a neighbour's visitor has his PHP", {
  skip: NEEDS_ROOT,
}, async () => {
  const started = join(machine.homes, `${GONE}/www/started`);
  rig.home(GONE, { "www/who.php": `<?php file_put_contents('${started}', 'x', FILE_APPEND); sleep(600);` });
  machine.publish(["php-fpm", "apache"], tree(1, GONE));
  const theirs = await slowVisitor("b.test");
  const neighbour = await slowVisitor();
  // One is at work, two wait for it in the pool's queue.
  const asked = [1, 2, 3].map(() => ask("b.test"));
  await until("its PHP is at work", () => existsSync(started));
  machine.publish(["php-fpm", "apache"], tree(2));
  assert.equal(masters().length, 2, "the neighbour's visitor is on the way to the one of before");
  for (const answer of await Promise.all(asked)) assert.match(answer, /^HTTP\/1\.1 503 /);
  assert.match(await theirs.ask(), /^HTTP\/1\.1 503 /);
  assert.match(await neighbour.ask(), /^HTTP\/1\.1 200 [\s\S]*heard/);
  await until("the master of before has ended", () => masters().length === 1);
  await until("nothing of the account runs", () => processesOf(GONE) === 0);
});

test("a release is left again after it has served: who came meanwhile has his PHP", async () => {
  const left = machine.stage(tree(4));
  for (const verb of ["rehearse", "prepare"]) for (const daemon of ["php-fpm", "apache"]) must(daemon, verb, left.env);
  const back = machine.live;
  machine.switchTo(left);
  const visitor = await slowVisitor();
  for (const daemon of ["apache", "php-fpm"]) must(daemon, "abort", { ...left.env, ...back });
  assert.equal(masters().length, 2);
  assert.match(await visitor.ask(), /^HTTP\/1\.1 200 [\s\S]*heard/);
  await until("the master of the left release has ended", () => masters().length === 1);
});
