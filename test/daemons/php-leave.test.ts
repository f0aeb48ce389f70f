/** Somebody in the Apache of before who has not reached his PHP yet: its masters end after that Apache, whether its release was settled or left again. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { after, test } from "node:test";
import { ApacheRig, accountState, sitePhp } from "./apache-rig.js";
import { until } from "./private-machine.js";

const NUMBER = 2001;
const ESTABLISHED = "01";

const rig = await ApacheRig.make({ MUTU_APACHE_DRAIN_SECONDS: "60" });
after(() => rig.close());
const { machine } = rig;
rig.home(NUMBER, { "www/who.php": "<?php echo 'heard';" });
/** The account's site; another number of workers is another pool, and so another master. */
const tree = (workers: number) => {
  const root = `${machine.homes}/${NUMBER}/www`;
  const serve = { kind: "folder" as const, root, php: sitePhp(NUMBER), index: ["index.html"], errorPages: {} };
  const files = rig.tree([accountState(NUMBER, machine.homes, [{ names: ["a.test"], serve }])]);
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
async function slowVisitor(): Promise<{ ask(): Promise<string> }> {
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
  socket.write("GET /who.php HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 192.0.2.9\r\n");
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
