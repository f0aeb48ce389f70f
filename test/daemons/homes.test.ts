import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { daemon } from "../../src/daemons/homes/daemon.js";
import type { FilesState } from "../../src/features/sites/role.js";
import { HOSTILE_STRINGS } from "../support/hostile.js";
import { NEEDS_ROOT, PrivateMachine, type Tree } from "./private-machine.js";

const HOST = { id: "h", name: "web1", homes: "", options: {} };

function tree(machine: PrivateMachine, ...accounts: { number: number; folders?: FilesState["folders"]; home?: FilesState["home"] }[]): Tree {
  const files = accounts.flatMap(({ number, folders = [], home = "present" }) =>
    daemon.render(
      { key: String(number), host: HOST, state: { account: { number, login: "x" }, home, path: join(machine.homes, String(number)), diskMb: 100, folders } },
      "",
    ),
  );
  return Object.fromEntries(files.map((file) => [`homes/${file.path}`, file.content]));
}
function onMachine(run: (machine: PrivateMachine) => void): () => void {
  return () => {
    const machine = new PrivateMachine();
    try {
      run(machine);
    } finally {
      machine.close();
    }
  };
}
const as = (number: number, ...argv: string[]) =>
  execFileSync("setpriv", ["--reuid", String(number), "--regid", String(number), "--clear-groups", ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const WWW: FilesState["folders"] = [
  { path: "www", starter: null },
  { path: "www/Mon site été", starter: "fr" },
  { path: "blog", starter: "en" },
  { path: "www/shop", starter: "fr" },
];

test(
  "A home is walled at its top and the account's inside, with a starter page in each new site",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    machine.publish(["homes"], tree(machine, { number: 2001, folders: WWW }));
    const home = join(machine.homes, "2001");
    assert.deepEqual([statSync(home).uid, statSync(home).gid, mode(home)], [33, 2001, "170"]);
    for (const inside of ["logs", "www", "www/Mon site été", "blog", "blog/index.html"]) {
      assert.deepEqual([statSync(join(home, inside)).uid, statSync(join(home, inside)).gid], [2001, 2001], inside);
    }
    assert.equal(mode(join(home, "www/Mon site été")), "755");
    assert.equal(mode(join(home, "blog/index.html")), "644");
    assert.match(readFileSync(join(home, "www/Mon site été/index.html"), "utf8"), /lang="fr"/);
    assert.match(readFileSync(join(home, "blog/index.html"), "utf8"), /lang="en"/);
    // Several new sites in one go: each page is whole.
    assert.equal(readFileSync(join(home, "www/shop/index.html"), "utf8"), readFileSync(join(home, "www/Mon site été/index.html"), "utf8"));
    assert.ok(!existsSync(join(home, "www/index.html")) && !existsSync(join(home, "logs/index.html")));
    assert.throws(() => as(2002, "ls", home), /Permission denied/);
  }),
);

test(
  "What a member did to a folder stays: no page comes back, no content is touched",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    machine.publish(["homes"], tree(machine, { number: 2001, folders: WWW }));
    const home = join(machine.homes, "2001");
    as(2001, "rm", join(home, "blog/index.html"));
    machine.publish(["homes"], tree(machine, { number: 2001, folders: [...WWW, { path: "new", starter: "fr" }] }));
    assert.ok(!existsSync(join(home, "blog/index.html")));
    assert.ok(existsSync(join(home, "new/index.html")));
  }),
);

const APACHE = 33;
const STRANGER = 2002;
/** Whether a number, in its own group alone, can read a file. */
function reads(number: number, path: string, ...groups: string[]): boolean {
  const as = groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join()];
  return spawnSync("setpriv", ["--reuid", String(number), "--regid", String(number), ...as, "cat", path], { stdio: "ignore" }).status === 0;
}

test(
  "A member writes at the top of the home but cannot change its mode; what it closes to the world stays Apache's to read, what it closes to all does not",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    machine.publish(["homes"], tree(machine, { number: 2001, folders: WWW }));
    const home = join(machine.homes, "2001");
    for (const wanted of ["0700", "0777", "0710"]) assert.throws(() => as(2001, "chmod", wanted, home), /not permitted/, wanted);
    assert.throws(() => as(2001, "setfacl", "-m", `u:${STRANGER}:rx`, home), /not permitted/);
    assert.throws(() => as(2001, "mv", home, `${home}x`), /Permission denied/);
    as(2001, "sh", "-c", `umask 077; cd ${home} && mkdir -p mine/deep && echo text >mine/deep/page && echo text >note`);
    const page = join(home, "mine/deep/page");
    for (const wanted of ["0755", "0750", "0770", "0710", "2750", "2755", "1777"]) {
      as(2001, "chmod", wanted, join(home, "mine"), join(home, "mine/deep"));
      assert.ok(reads(APACHE, page), wanted);
      assert.ok(!reads(STRANGER, page), wanted);
    }
    for (const wanted of ["0640", "0660", "0444", "0440"]) {
      as(2001, "chmod", wanted, page);
      assert.ok(reads(APACHE, page), wanted);
    }
    // Renamed, moved, unpacked with the modes of elsewhere: what is made inside inherits.
    as(2001, "sh", "-c", `cd ${home} && mkdir new && cp mine/deep/page new/ && chmod 0640 new/page && mv new mine/moved && chmod 0750 mine/moved`);
    assert.ok(reads(APACHE, join(home, "mine/moved/page")));
    // Closed to all but its owner: its owner's word is kept, and taking it back is enough.
    as(2001, "chmod", "0600", page);
    as(2001, "chmod", "0700", join(home, "mine/moved"));
    for (const path of [page, join(home, "mine/moved/page")]) assert.ok(!reads(APACHE, path), path);
    as(2001, "chmod", "0750", join(home, "mine/moved"));
    assert.ok(reads(APACHE, join(home, "mine/moved/page")));
  }),
);

test(
  "A home whose top was the account's own gets its wall with the next publication, whoever changes in it; what is inside is left alone",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    machine.publish(["homes"], tree(machine, { number: 2001, folders: WWW }, { number: 2003 }));
    const home = join(machine.homes, "2001");
    const page = join(home, "blog/index.html");
    execFileSync("setfacl", ["-k", home]);
    execFileSync("chown", ["2001:33", home]);
    execFileSync("chmod", ["0700", home]);
    rmSync(join(machine.live.MUTU_LIVE ?? "", "homes-walled"));
    mkdirSync(join(machine.homes, "2001.old"));
    assert.ok(!reads(APACHE, page));
    for (const folders of [WWW.slice(0, 1), WWW.slice(0, 2)]) {
      machine.publish(["homes"], tree(machine, { number: 2001, folders: WWW }, { number: 2003, folders }));
      assert.deepEqual([statSync(home).uid, statSync(home).gid, mode(home)], [APACHE, 2001, "170"]);
      assert.ok(reads(APACHE, page));
      assert.ok(!reads(STRANGER, page));
      assert.match(execFileSync("getfacl", ["-cdp", home], { encoding: "utf8" }), /^group:www-data:r-x$/m);
    }
    assert.equal(statSync(join(machine.homes, "2001.old")).uid, 0, "no home of an account");
    assert.equal(mode(page), "644");
  }),
);

test(
  "A link or a file in the way is told of its folder; it hurts nobody else and nothing is made behind it",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    machine.publish(["homes"], tree(machine, { number: 2001 }, { number: 2002, folders: [{ path: "private", starter: null }] }));
    const [mine, other] = [join(machine.homes, "2001"), join(machine.homes, "2002")];
    as(2001, "ln", "-s", join(other, "private"), join(mine, "www"));
    as(2001, "ln", "-s", "/tmp", join(mine, "tmpwww"));
    as(2001, "touch", join(mine, "blog"));
    as(2001, "mkdir", "-m", "500", join(mine, "shut"));
    const folders = ["www/site", "tmpwww/mutu-test-folder", "blog/x", "shut/x", "fine"].map((path) => ({ path, starter: "fr" as const }));
    machine.publish(
      ["homes"],
      tree(
        machine,
        { number: 2001, folders },
        {
          number: 2002,
          folders: [
            { path: "other", starter: "en" },
            { path: "private", starter: null },
          ],
        },
      ),
    );
    assert.ok(existsSync(join(mine, "fine/index.html")) && existsSync(join(other, "other/index.html")));
    assert.deepEqual(readdirSync(join(other, "private")), []);
    assert.ok(!existsSync("/tmp/mutu-test-folder"));
    const words = machine.driver("homes", "status", machine.live).words.trim().split("\n").sort();
    assert.deepEqual(words, [
      "blocked 2001 file blog/x",
      "blocked 2001 link tmpwww/mutu-test-folder",
      "blocked 2001 link www/site",
      "blocked 2001 refused shut/x",
    ]);
    assert.deepEqual(daemon.explain(words)[0], {
      path: "accounts/2001.list",
      line: null,
      code: "homes.folder_blocked",
      data: { reason: "file", folder: "blog/x" },
    });
    // Another account changes: the word about this one stays until it changes itself.
    machine.publish(["homes"], { ...tree(machine, { number: 2001, folders }), ...tree(machine, { number: 2002 }) });
    assert.match(machine.driver("homes", "status", machine.live).words, /blocked 2001 link www\/site/);
    as(2001, "rm", join(mine, "www"), join(mine, "tmpwww"), join(mine, "blog"));
    machine.publish(["homes"], tree(machine, { number: 2001, folders: [{ path: "www/site", starter: "fr" }] }, { number: 2002 }));
    assert.equal(machine.driver("homes", "status", machine.live).words, "");
    assert.ok(existsSync(join(mine, "www/site/index.html")));
  }),
);

test(
  "A removed home goes to the bin after verification and comes back whole; a list that disappears takes nothing away",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    machine.publish(["homes"], tree(machine, { number: 2001, folders: WWW }));
    const home = join(machine.homes, "2001");
    as(2001, "sh", "-c", `echo mine >${home}/www/precious`);
    const step = machine.stage(tree(machine, { number: 2001, home: "removed" }));
    for (const verb of ["rehearse", "prepare"]) assert.equal(machine.driver("homes", verb, step.env).code, 0);
    assert.ok(existsSync(home), "until it is verified the old release may come back");
    machine.switchTo(step);
    for (const verb of ["commit", "settle", "settle"]) assert.equal(machine.driver("homes", verb, step.env).code, 0);
    assert.ok(!existsSync(home));
    assert.equal(readdirSync(join(machine.homes, ".bin")).length, 1);
    assert.equal(mode(join(machine.homes, ".bin")), "700");
    machine.publish(["homes"], tree(machine, { number: 2001, folders: WWW }));
    assert.equal(readFileSync(join(home, "www/precious"), "utf8"), "mine\n");
    assert.deepEqual(readdirSync(join(machine.homes, ".bin")), []);
    machine.publish(["homes"], {});
    assert.equal(readFileSync(join(home, "www/precious"), "utf8"), "mine\n");
  }),
);

test(
  "A list for another place, a system's number or a link as home is refused before anything is made",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    const good = tree(machine, { number: 2001 });
    const elsewhere = Object.fromEntries(Object.entries(good).map(([path, content]) => [path, content.replace(machine.homes, "/etc")]));
    const said = machine.driver("homes", "rehearse", machine.stage(elsewhere).env);
    assert.equal(said.code, 1);
    assert.equal(daemon.explain(said.words.split("\n"))[0]?.code, "homes.elsewhere");
    rmSync(join(machine.root, "activations/1"), { recursive: true });
    rmSync(join(machine.root, "releases/root1"), { recursive: true });
    const system = machine.stage({ "homes/accounts/33.list": `home present ${machine.homes}/33\n` });
    for (const verb of ["rehearse", "prepare"]) assert.equal(machine.driver("homes", verb, system.env).code, 1);
    assert.deepEqual(readdirSync(machine.homes), []);
    rmSync(join(machine.root, "activations/1"), { recursive: true });
    rmSync(join(machine.root, "releases/root1"), { recursive: true });
    mkdirSync(join(machine.base, "victim"));
    symlinkSync(join(machine.base, "victim"), join(machine.homes, "2001"));
    const link = machine.driver("homes", "prepare", machine.stage(good).env);
    assert.equal(link.code, 1);
    assert.equal(daemon.explain(link.words.split("\n"))[0]?.code, "homes.failed");
    assert.equal(statSync(join(machine.base, "victim")).uid, 0);
    assert.ok(lstatSync(join(machine.homes, "2001")).isSymbolicLink());
  }),
);

test(
  "The driver itself, given a list that lies, still makes nothing outside the home",
  { skip: NEEDS_ROOT },
  onMachine((machine) => {
    const path = join(machine.homes, "2001");
    const lines = [
      `home present ${path}`,
      "folder fr ../2002x",
      "folder fr a/../../b",
      "folder fr /etc/mutu-x",
      "folder fr -rf",
      "folder fr $(touch /tmp/mutu-x)",
      "folder fr ok",
      "",
    ];
    machine.publish(["homes"], { "homes/accounts/2001.list": lines.join("\n") });
    assert.deepEqual(readdirSync(machine.homes), ["2001"]);
    assert.ok(!existsSync("/etc/mutu-x") && !existsSync("/tmp/mutu-x"));
    assert.ok(existsSync(join(path, "ok/index.html")));
  }),
);

test("No folder, path or number can become a line of its own", () => {
  const render = (path: string) =>
    daemon.render(
      {
        key: "2001",
        host: HOST,
        state: { account: { number: 2001, login: "x" }, home: "present", path: "/h/2001", diskMb: 1, folders: [{ path, starter: null }] },
      },
      "",
    );
  const oneLine = (path: string) => {
    let text: string;
    try {
      text = render(path)[0]?.content ?? "";
    } catch {
      return;
    }
    const lines = text.split("\n");
    assert.equal(lines.length, 6, JSON.stringify(path));
    assert.equal(lines[4], `folder - ${path}`);
    assert.ok(!path.split("/").some((part) => ["", ".", ".."].includes(part) || part.startsWith("-")));
  };
  for (const bad of HOSTILE_STRINGS) for (const path of [bad, `a${bad}b`, `a/${bad}`]) oneLine(path);
  fc.assert(fc.property(fc.string({ unit: "binary" }), oneLine), { numRuns: 1000 });
  for (const bad of ["../x", "a//b", "/a", "a/", "a\nhome removed /h/2001", "a\\b", ".ssh", "-rf"]) assert.throws(() => render(bad), /not a folder/);
  assert.throws(
    () => daemon.render({ key: "33", host: HOST, state: { account: { number: 33, login: "x" }, home: "present", path: "/h/33", diskMb: 1, folders: [] } }, ""),
    /number of an account/,
  );
});

test("A starter page is self-contained", () => {
  for (const language of ["fr", "en"]) {
    const page = readFileSync(new URL(`../../src/daemons/homes/machine/starter/index.${language}.html`, import.meta.url), "utf8");
    assert.ok(!/(?:src|href)=|@import|url\(|<script/.test(page), language);
    assert.match(page, new RegExp(`<html lang="${language}">`));
  }
});
