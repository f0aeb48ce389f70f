/** Credentials only go forward: no release that is put back revives a password, as the real ProFTPD answers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { run, until } from "./lab/run.js";
import type { House } from "./main-job/rig.js";

const WAIT_MS = 120_000;

export function forwardOnlyTests(scene: () => { house: House }): void {
  test("a kept release that is put back, the oldest one too, does not revive an FTP password", async () => {
    const { house } = scene();
    const opens = async (login: string, password: string) => {
      const curl = ["curl", "-sS", "-k", "--ssl-reqd", "--max-time", "20", "-u", `${login}:${password}`, `ftp://${house.control.ip}/`];
      const { status, stderr } = await run(house.control.networkArgv(curl));
      assert.ok(status === 0 || status === 67, stderr); // 67: the login was refused
      return status === 0;
    };
    const printed = async (...words: string[]): Promise<[string, string]> => {
      const [login = "", password = ""] = (await house.mutu("ftp", "logins", ...words)).trim().split("\t");
      assert.ok(login !== "" && password !== "");
      return [login, password];
    };
    const [{ id: host }] = (await house.sql<{ id: string }>("SELECT id FROM Host WHERE name = 'control'")) as [{ id: string }];
    const [{ account }] = (await house.sql<{ account: string }>("SELECT number AS account FROM Account WHERE login = 'amis'")) as [{ account: string }];
    const still = async () => {
      const [row] = await house.sql<{ left: number }>(
        "SELECT (SELECT count(*) FROM PublishUnit WHERE hostId = ? AND wanted > published) + (SELECT count(*) FROM Publication WHERE hostId = ? AND state = 'running') AS left",
        host,
        host,
      );
      return row?.left === 0 || undefined;
    };
    const releases = () => house.sql<{ id: string }>(`SELECT id FROM "Release" WHERE hostId = ? AND state IN ('live', 'past') ORDER BY number`, host);

    const [login, old] = await printed("add", "amis", "coffre");
    await until("the login", () => opens(login, old).then((open) => open || undefined), WAIT_MS);
    await until("the publication", still, WAIT_MS);
    const carried = (await releases()).at(-1)?.id as string;
    const [, renewed] = await printed("password", login);
    await until("the new password", () => opens(login, renewed).then((open) => open || undefined), WAIT_MS);
    await until("the publication", still, WAIT_MS);
    const oldest = (await releases())[0]?.id as string;
    assert.notEqual(oldest, carried);
    for (const release of [carried, oldest]) {
      const whole = await house.api<{ held: number }>("POST", `/publications/releases/${release}/put-back`, {});
      assert.deepEqual([whole.status, whole.body.held], [202, 0], "nothing of this machine is what it was");
      const alone = await house.api("POST", `/publications/releases/${release}/put-back`, { role: "ftp", key: `${account}` });
      assert.equal(alone.status, 409, JSON.stringify(alone.body));
      await until("the publication", still, WAIT_MS);
      assert.equal(await opens(login, old), false, "the password of before is refused");
      assert.equal(await opens(login, renewed), true);
    }
  });
}
