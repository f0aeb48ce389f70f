/** A trial that is not root: the same bytes and the same drivers, one owner for everything, nothing chowned. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { daemon as homes } from "../../src/daemons/homes/daemon.js";
import { daemon as phpFpm } from "../../src/daemons/php-fpm/daemon.js";
import { PING_PATH } from "../../src/daemons/php-fpm/pool.js";
import { freePort } from "../support/free-port.js";
import { askPool } from "./fastcgi.js";
import { account, backend, base, Front } from "./nginx-rig.js";
import { NEEDS_ROOT, PrivateMachine, type Tree, until } from "./private-machine.js";

const HOST = { id: "h", name: "web1", homes: "", options: {} };
const NUMBER = 64_998;

test("Homes, PHP and nginx are published, exchanged and halted by a user without rights", { skip: NEEDS_ROOT }, async () => {
  const version = execFileSync("sh", ["-c", "ls /usr/sbin/php-fpm[0-9]* | sed 's/.*fpm//' | sort -V | tail -n 1"], { encoding: "utf8" }).trim();
  const apache = await backend();
  const front = new Front();
  [front.http, front.https] = [await freePort(), await freePort()];
  const [http, https] = [String(front.http), String(front.https)];
  const ports = {
    MUTU_NGINX_HTTP: http,
    MUTU_NGINX_HTTPS: https,
    MUTU_NGINX_ADDRESSES: "127.0.0.1 ::1",
    MUTU_HTTP_SUFFIX: `:${http}`,
    MUTU_TLS_SUFFIX: `:${https}`,
  };
  const machine = new PrivateMachine({ ...ports, MUTU_PRIVILEGED: "no" });
  front.machine = machine;
  const call = (daemon: string, verb: string, env: Record<string, string>) => {
    const argv = ["--reuid", String(NUMBER), "--regid", String(NUMBER), "--clear-groups", join(machine.base, "daemons", daemon, "driver"), verb];
    const out = spawnSync("setpriv", argv, { cwd: "/", env: { ...machine.env, ...env }, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
    assert.equal(out.status, 0, `${daemon} ${verb}: ${out.stdout}${out.stderr}`);
  };
  const tree = (memoryMb: number): Tree => {
    const home = join(machine.homes, "2001");
    const php = {
      account: { number: 2001, login: "x" },
      version,
      master: "m00",
      socket: "abc.sock",
      home,
      memoryMb,
      timeSeconds: 30,
      uploadMb: 8,
      workers: 2,
      envelope: "x@web1.test",
    };
    const files = {
      account: { number: 2001, login: "x" },
      home: "present" as const,
      path: home,
      diskMb: 10,
      folders: [{ path: "www", starter: "fr" as const }],
    };
    const of = (name: string, rendered: { path: string; content: string }[]) => rendered.map((file) => [`${name}/${file.path}`, file.content]);
    return {
      ...base(),
      ...account(2001, [{ names: ["t.test"] }]),
      ...Object.fromEntries([
        ...of("php-fpm", phpFpm.render({ key: `2001/${version}`, state: php, host: HOST }, `h${memoryMb}`)),
        ...of("homes", homes.render({ key: "2001", state: files, host: HOST }, "")),
      ]),
    };
  };
  const publish = (memoryMb: number) => {
    const step = machine.stage(tree(memoryMb));
    writeFileSync(
      join(step.next, "upstream.conf"),
      `upstream mutu_http { server 127.0.0.1:${apache.port}; }\nupstream mutu_https { server 127.0.0.1:${apache.port}; }\n`,
    );
    execFileSync("chown", ["-R", `${NUMBER}:${NUMBER}`, machine.base]);
    for (const verb of ["rehearse", "prepare"]) for (const name of ["homes", "php-fpm", "nginx"]) call(name, verb, step.env);
    machine.switchTo(step);
    for (const verb of ["commit", "settle"]) for (const name of ["homes", "php-fpm", "nginx"]) call(name, verb, step.env);
    return readFileSync(join(step.next, "php.conf"), "utf8").trim().split(" ")[2] as string;
  };
  try {
    for (const memoryMb of [64, 128]) {
      const sockets = publish(memoryMb);
      const ping = await askPool(join(sockets, "abc.sock"), { SCRIPT_FILENAME: "/x", SCRIPT_NAME: PING_PATH, REQUEST_URI: PING_PATH });
      assert.equal(ping.body, `h${memoryMb}`);
      assert.equal((await front.get("t.test")).status, 200);
      assert.equal(await front.handshake("t.test"), "mutu.invalid");
    }
    const page = join(machine.homes, "2001/www/index.html");
    assert.equal(statSync(page).uid, NUMBER);
    for (const name of ["nginx", "php-fpm", "homes"]) call(name, "halt", machine.live);
    await until("nothing of it runs", () => machine.pids().filter((pid) => existsSync(`/proc/${pid}/exe`)).length === 0);
  } finally {
    machine.close();
    await apache.close();
  }
});
