/** From the panel's act to ProFTPD's answer: what the feature `ftp` makes is what the daemon lets in, and the prober believes only this very version. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { daemon } from "../../src/daemons/proftpd/daemon.js";
import { addLogin, editLogin, setPassword } from "../../src/features/ftp/logins.js";
import { ftpProber } from "../../src/features/ftp/prober.js";
import { removeLogin } from "../../src/features/ftp/removal.js";
import { ftpRole } from "../../src/features/ftp/roles.js";
import { parseSeen } from "../../src/features/ftp/seen.js";
import type { Answer, HostRecord } from "../../src/publish/contract.js";
import { createScene } from "../features/ftp/scene.js";
import { until } from "../support/until.js";
import { NEEDS_ROOT } from "./private-machine.js";
import { FtpMachine } from "./proftpd-rig.js";

const TIMEOUT_MS = 10_000;

describe("the panel and ProFTPD", { skip: NEEDS_ROOT, timeout: 120_000 }, () => {
  let ftp: FtpMachine;
  before(async () => {
    ftp = await FtpMachine.raise();
  });
  after(() => ftp?.close());

  test("a generated password, a chosen one and a key open what was asked for; what is taken back is refused at once", async (t) => {
    const { ctx, host, account, owner } = await createScene(t);
    const facts = { id: host.id, name: host.name, homes: ftp.machine.homes, options: {} };
    const record = {
      ...facts,
      address: "127.0.0.1",
      daemons: [{ name: "proftpd", role: "ftp" }],
      options: { proftpd: { ftpPort: ftp.ftp } },
    } as unknown as HostRecord;
    ftp.layHome(account.number, "www", "www/fête du vélo");
    let version = 0;
    /** Publishes as the engine does, under a hash of this version's own, and gives what the prober hears. */
    const publish = async (): Promise<{ hash: string; answer: Answer }> => {
      const [unit] = await ftpRole.collect(ctx.db, facts, [String(account.number)]);
      version += 1;
      const hash = version.toString(16).padStart(64, "0");
      const files = unit?.state ? daemon.render({ key: unit.key, state: unit.state, host: facts }, hash) : [];
      ftp.machine.publish(["proftpd"], Object.fromEntries(files.map(({ path, content }) => [`proftpd/${path}`, content])));
      const probe = unit?.probes[0] ?? { kind: "ftp", name: `mutu-probe-${account.number}` };
      return { hash, answer: await ftpProber.ask(record, probe, hash, TIMEOUT_MS) };
    };
    const opens = async (name: string, password: string) => (await ftp.curl(name, "", [], password)).code === 0;

    const { login, password } = await addLogin(owner, { accountId: account.id });
    const chosen = "Un chat “noir” sur l’été: $6$%s\\\"'";
    await addLogin(owner, { accountId: account.id, name: "guest", password: chosen, folder: "www/fête du vélo", readOnly: true, networks: "127.0.0.0/8" });
    await addLogin(owner, { accountId: account.id, name: "cles", keysOnly: true, key: `${ftp.key} bureau` });
    const first = await publish();
    assert.deepEqual(first.answer, { status: 200, body: first.hash });
    const generated = password?.reveal() ?? "";
    assert.equal(await opens("club", generated), true);
    assert.equal(await opens("club", `${generated}x`), false);
    assert.equal((await ftp.sftpAs("club_guest", ["ls"], "password", chosen)).code, 0);
    assert.notEqual((await ftp.sftpAs("club_guest", ["mkdir new"], "password", chosen)).code, 0);
    assert.equal((await ftp.sftpAs("club_cles", ["ls"])).code, 0);

    const renewed = await setPassword(owner, login.id, undefined);
    const second = await publish();
    assert.deepEqual(second.answer, { status: 200, body: second.hash });
    assert.equal(
      ((await ftpProber.ask(record, { kind: "ftp", name: `mutu-probe-${account.number}` }, first.hash, TIMEOUT_MS)) as { status: number }).status,
      530,
    );
    assert.equal(await opens("club", generated), false);
    assert.equal(await opens("club", renewed.password?.reveal() ?? ""), true);

    // The machine writes down who came beside the session, so the line comes a moment later.
    const seen = await until(() => {
      const lines = ftp.status().map((line): [string, string] => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]);
      const told = parseSeen(lines, new Date()).map(({ name, from, by }) => `${name} ${from} ${by}`);
      return told.length === 3 ? told : null;
    }, 15);
    assert.deepEqual(seen, ["club 127.0.0.1 ftps", "club_cles 127.0.0.1 sftp", "club_guest 127.0.0.1 sftp"]);

    await editLogin(owner, login.id, { networks: "192.0.2.0/24" });
    await editLogin(owner, "club_guest", { enabled: false });
    await removeLogin(owner, "club_cles");
    assert.equal((await publish()).answer && (await opens("club", renewed.password?.reveal() ?? "")), false);
    assert.notEqual((await ftp.sftpAs("club_guest", ["ls"], "password", chosen)).code, 0);
    assert.notEqual((await ftp.sftpAs("club_cles", ["ls"])).code, 0);
  });
});
