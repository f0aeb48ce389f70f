/** `npm run trial` as a newcomer meets it: one command, a member's site over HTTPS with its starter page and PHP, Ctrl-C, nothing left. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCommand } from "../../src/core/machine/index.js";

const START_SECONDS = 240;
const ADDRESS = "club.localhost";
const place = join(mkdtempSync(join(tmpdir(), "mutu-trial-")), "trial");
let panel = 0;
let child: ChildProcess;
let said = "";

before(async () => {
  chmodSync(join(place, ".."), 0o755);
  panel = await freeBlock();
  await start();
});
after(async () => {
  await stop();
  rmSync(join(place, ".."), { recursive: true, force: true });
});

test("it says where to go and gives a password of its own making", () => {
  assert.match(said, new RegExp(`https://localhost:${panel}`));
  assert.match(said, /Password {3}\S{12,}/);
  assert.match(said, /NOT isolated/);
});

test("nothing that it started is root", async () => {
  for (const pid of processesOf(place)) assert.notEqual(statSync(`/proc/${pid}`).uid, 0, readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  assert.ok(processesOf(place).length > 0);
});

test("a member's site answers over HTTPS: starter page, then PHP", async () => {
  await mutu("accounts", "add", "club", "--name", "Le Club", "--owner", "jeanne", "--email", "jeanne@example.org");
  await mutu("sites", "add", "club", ADDRESS);
  assert.match(await mutu("sites", "list"), /verified/);
  const starter = await get(`https://${ADDRESS}:${panel + 1}/`);
  assert.match(starter, /Votre site est en ligne/);
  const home = join(place, "homes", readdirSync(join(place, "homes")).filter((name) => /^\d+$/.test(name))[0] ?? "");
  const file = join(home, "www", ADDRESS, "hello.php");
  await asTrial(["sh", "-c", 'cat >"$1"', "sh", file], '<?php echo "PHP says ", $_SERVER["HTTPS"];');
  assert.equal(await get(`https://${ADDRESS}:${panel + 1}/hello.php`), "PHP says on");
});

test("what root types publishes as the number that the trial runs as", async () => {
  const { uid } = statSync(place);
  const env = { PATH: process.env["PATH"] ?? "", HOME: place, MUTU_CONFIG: join(place, "panel.conf") };
  const typed = await runCommand({
    argv: [process.execPath, "--import", "tsx", "src/cli.ts", "sites", "add", "club", "typed.localhost"],
    timeoutSeconds: 120,
    env,
  });
  assert.equal(typed.code, 0, typed.stderr.toString());
  const reached = await runCommand({ argv: ["setpriv", "--reuid", String(uid), "--clear-groups", "test", "-r", "package.json"], timeoutSeconds: 10 });
  // Below a folder of root's own the number cannot read the program: the panel publishes what root changed.
  const wanted = process.getuid?.() !== 0 || reached.code === 0 ? /\tdone\tchange\tcli\t/ : /\t(done|failed)\t/;
  assert.match((await mutu("publications", "list")).split("\n", 1)[0] ?? "", wanted);
});

test("a member's login moves files by SFTP and FTPS", async () => {
  const made = await mutu("ftp", "logins", "add", "club");
  const [login = "", password = ""] = made.trim().split(/\s+/);
  assert.match(await until(() => mutu("ftp", "logins", "list"), /verified/), /verified/);
  const url = `ftp://localhost:${panel + 3}/www/${ADDRESS}/`;
  const listed = await runCommand({ argv: ["curl", "-sk", "--ssl-reqd", "-u", `${login}:${password}`, url], timeoutSeconds: 30 });
  assert.match(listed.stdout.toString(), /hello\.php/);
  const askpass = join(place, "..", "askpass");
  writeFileSync(askpass, `#!/bin/sh\necho '${password}'\n`, { mode: 0o700 });
  const plain = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "PubkeyAuthentication=no", "-o", "LogLevel=ERROR"];
  const env = { PATH: process.env["PATH"] ?? "", HOME: place, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", DISPLAY: "none" };
  const [, ...typed] = readmeLine("sftp ");
  assert.equal(typed.at(-1), `${login}@localhost`, "the README names the login that it lets its reader make");
  const argv: [string, ...string[]] = ["sftp", ...plain, ...typed];
  const sent = await runCommand({ argv, stdin: `put package.json www/${ADDRESS}/sent.txt\nls www/${ADDRESS}\n`, env, timeoutSeconds: 60 });
  assert.match(sent.stdout.toString(), /sent\.txt/, sent.stderr.toString());
  assert.match(await get(`https://${ADDRESS}:${panel + 1}/sent.txt`), /"name": "mutu"/);
  const plainFtp = await runCommand({ argv: ["curl", "-s", "-u", `${login}:${password}`, url], timeoutSeconds: 30 });
  assert.equal(plainFtp.code, 67, "without TLS nobody is listened to");
});

test("a member's new domain is answered by name, with its signature, as the README says", async () => {
  await mutu("domains", "add", "club", "asso.test");
  const lines = readmeLines("dig ");
  const [soa, address] = [lines.find((words) => words.includes("SOA")), lines.find((words) => words.includes("A"))];
  assert.ok(soa && address, "both lines of the README");
  assert.deepEqual(
    [soa[3], address[3]].map((port) => Number(port)),
    [panel + 5, panel + 5],
  );
  const signed = await until(() => ask(soa), /\sRRSIG\s+SOA 13 /);
  assert.match(signed, /^asso\.test\.\s+3600\s+IN\s+SOA\s+ns\.trial\.test\. hostmaster\.trial\.test\. /m);
  assert.match(signed, /\sRRSIG\s+SOA 13 2 /, "ECDSA P-256, without any right of root's");
  assert.match(await ask(address), /^club\.localhost\.\s+\d+\s+IN\s+A\s+127\.0\.0\.1$/m);
  assert.match(await ask([...address, "+tcp"]), /\sA\s+127\.0\.0\.1$/m);
  assert.match(await ask([...address.slice(0, 4), "elsewhere.test"]), /status: REFUSED/, "names of others are nobody's here");
  await mutu("dns", "records", "add", "asso.test", "www", "A", "192.0.2.7");
  const www = [...address.slice(0, 4), "www.asso.test", "+short"];
  assert.match(await until(() => ask(www), /192\.0\.2\.7/), /^192\.0\.2\.7$/m);
});

test("the panel answers with its two doors", async () => {
  const page = await get(`https://localhost:${panel}/`);
  assert.match(page, /<form[^>]+action="\/login"/);
});

test("after Ctrl-C nothing runs any more, and the next start serves the same site", async () => {
  await stop();
  assert.deepEqual(processesOf(place), []);
  assert.ok((await isFree(panel + 3)) && (await isFree(panel + 4)), "ProFTPD too");
  assert.ok(await isFree(panel + 5), "and Knot");
  await start();
  assert.match(await ask(readmeLine("dig ")), /\sRRSIG\s+SOA 13 /);
  assert.doesNotMatch(said, /Password {3}\S{4}-\S{4}/);
  assert.equal(await get(`https://${ADDRESS}:${panel + 1}/hello.php`), "PHP says on");
});

async function start(): Promise<void> {
  said = "";
  child = spawn(process.execPath, ["src/bootstrap.mjs", "src/trial/main.ts"], {
    env: { ...process.env, MUTU_TRIAL: place, MUTU_TRIAL_PORT: String(panel) },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the trial did not start:\n${said}`)), START_SECONDS * 1000);
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (!said.includes("To forget the trial")) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`the trial ended with ${code}:\n${said}`)));
  });
}

/** Commands that the README shows for the trial, as words, with the ports of this one. */
function readmeLines(begin: string): string[][] {
  const shown = [...readFileSync("README.md", "utf8").matchAll(/`([^`\n]+)`/g)].map(([, command = ""]) => command).filter((one) => one.startsWith(begin));
  assert.ok(shown.length > 0, `the README shows ${begin}`);
  return shown.map((command) => command.replace(/\b84\d\d\b/g, (port) => String(Number(port) - 8443 + panel)).split(" "));
}

function readmeLine(begin: string): string[] {
  return readmeLines(begin)[0] as string[];
}

/** What a real dig says, told to give up soon. */
async function ask([command = "", ...words]: string[]): Promise<string> {
  const done = await runCommand({ argv: [command, "+time=2", "+tries=2", ...words], timeoutSeconds: 20 });
  return done.stdout.toString();
}

/** What Ctrl-C does: SIGINT to the whole group. */
async function stop(): Promise<void> {
  if (!child.pid || child.exitCode !== null) return;
  const ended = once(child, "exit");
  process.kill(-child.pid, "SIGINT");
  await ended;
}

/** Processes whose command line names the trial's folder, or that keep a file of it as their configuration. */
function processesOf(folder: string): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(`${folder}/`);
    } catch {
      return false;
    }
  });
}

/** Asks until the answer is as wanted, and gives the last one. */
async function until(ask: () => Promise<string>, wanted: RegExp): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    if (wanted.test(answer) || tries > 20) return answer;
  }
}

async function mutu(...words: string[]): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: place, MUTU_CONFIG: join(place, "panel.conf") };
  return asTrial([process.execPath, "--import", "tsx", "src/cli.ts", ...words], undefined, env);
}

/** Runs a command as the number that the trial runs as. */
async function asTrial(argv: string[], stdin?: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const { uid } = statSync(place);
  const down =
    process.getuid?.() === 0
      ? ["setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
      : [];
  const done = await runCommand({ argv: [...down, ...argv], timeoutSeconds: 120, ...(stdin === undefined ? {} : { stdin }), ...(env ? { env } : {}) });
  assert.equal(done.code, 0, done.stderr.toString() + done.stdout.toString());
  return done.stdout.toString();
}

async function get(url: string): Promise<string> {
  const done = await runCommand({ argv: ["curl", "-sk", "--fail-with-body", "--max-time", "20", url], timeoutSeconds: 30 });
  assert.equal(done.code, 0, `${url}: ${done.stdout.toString()}`);
  return done.stdout.toString();
}

/** A port whose followers, all that a trial takes, are free too. */
async function freeBlock(): Promise<number> {
  for (let port = 20_000 + (process.pid % 200) * 100; port < 60_000; port += 50) {
    const free = await Promise.all(Array.from({ length: 40 }, (_, step) => isFree(port + step)));
    if (free.every(Boolean)) return port;
  }
  throw new Error("no block of forty free ports");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
