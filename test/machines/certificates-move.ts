/** An account goes to another web machine: its certificate, its pool and its zone with it, under visitors who follow names and one who remembers. */
import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import { runJobs, shown } from "./certificates-rig.js";
import type { LabNode } from "./lab/node.js";
import { run, until } from "./lab/run.js";
import type { House, SiteBody } from "./main-job/rig.js";

interface Scene {
  house: House;
  /** Waits for a name's certificate; gives its fingerprint. */
  verified(name: string): Promise<string>;
  fingerprintOf(text: string): string;
  /** A site of somebody else, on the machine that is left. */
  neighbour: string;
}

const NAME = "voyage-lab.net";
const WAIT_MS = 200_000;
const PAUSE_MS = 1_000;
const PAST = "2020-01-01T00:00:00.000+00:00";

interface Move {
  state: string;
  endsAt: string | null;
  waitsFor: string[];
}

export function moveTests(scene: () => Scene): void {
  test("an account moves to another web machine: certificate, pool and zone follow, and no visitor of it or of its neighbours sees an error", async () => {
    const { house, verified, fingerprintOf, neighbour } = scene();
    const { control, web: web1 } = house;
    const web2 = house.lab.node("web2");
    const api = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const answer = await house.api<T>(method, path, body);
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
    await admit(control, web2);
    await house.mutu("hosts", "add", "web2", "--ssh", `root@${web2.ip}`, "--yes");
    const hosts = await house.sql<{ id: string; name: string }>("SELECT id, name FROM Host");
    const hostId = (name: string) => hosts.find((host) => host.name === name)?.id ?? "";
    const owner = { login: "voyage", name: "Voyage", ownerLogin: "paule", ownerEmail: "paule@example.com", webHostId: hostId("web1") };
    const { account } = await api<{ account: { id: string; number: number } }>("POST", "/accounts", owner);
    const site = await api<SiteBody>("POST", "/sites", { accountId: account.id, withWww: false, kind: "folder", address: NAME });
    const { folder } = await house.chip(site.id, "verified");
    await control.must(["sh", "-c", 'echo "<?php echo gethostname();" >"$1"', "write", `/srv/mutu/homes/${account.number}/${folder}/who.php`], {
      uid: account.number,
    });
    const fingerprint = await verified(NAME);

    let phase = "before";
    // Who hears nothing in time goes where the name led before, as a cache does.
    let heardLast = "";
    const told = async () => {
      const said = (await run(control.networkArgv(["dig", "@10.77.0.1", "+short", NAME, "A"]))).stdout.trim();
      if (isIP(said) !== 0) heardLast = said;
      return heardLast;
    };
    const ask = (node: LabNode, name: string) =>
      house.lab.fetch(node, `https://${name}/${name === NAME ? "who.php" : ""}`, { http1: true }).then(
        ({ status, body }) =>
          name !== NAME ? String(status) : status === 200 ? body : `${node.name} ${phase}: ${status} ${body.replace(/\s+/g, " ").slice(0, 600)}`,
        (error: Error) => error.message,
      );
    assert.deepEqual([await told(), await ask(web1, NAME)], [web1.ip, "web1"]);
    const heard = { following: [] as string[], remembering: [] as string[], neighbour: [] as string[] };
    const asking = { following: true, remembering: true };
    const visits = (async () => {
      while (asking.following) {
        heard.following.push(await ask((await told()) === web2.ip ? web2 : web1, NAME));
        if (asking.remembering) heard.remembering.push(await ask(web1, NAME));
        heard.neighbour.push(await ask(web1, neighbour));
      }
    })();
    const path = `/accounts/${account.id}/move`;
    const comesTo = (state: string) =>
      until(
        `the move: ${state}`,
        async () => {
          await runJobs(house, "certificates.deliver");
          await api("POST", `${path}/look`);
          const move = await api<Move>("GET", path);
          return move.state === state ? move : undefined;
        },
        WAIT_MS,
        PAUSE_MS,
      ).catch(async (cause: Error) => {
        const move = await house.sql("SELECT state, waitsFor, lookedAt FROM AccountMove");
        const log = await house.control.must(["journalctl", "-u", "mutu-panel", "--no-pager", "-n", "30", "-o", "cat"]);
        throw new Error(`${cause.message}\n${JSON.stringify(move)}\n${log}`, { cause });
      });
    try {
      phase = "preparing";
      await api("POST", path, { hostId: hostId("web2") });
      assert.equal(await told(), web1.ip, "names do not move before the destination is proven");
      const { endsAt } = await comesTo("waiting");
      assert.ok(endsAt !== null && new Date(endsAt).getTime() > Date.now() + 3_600_000, "not before caches have forgotten");
      assert.equal(fingerprintOf(await shown(control, web2.ip, 443, NAME)), fingerprint, "the very certificate");
      await until("the name leads there", async () => (await told()) === web2.ip || undefined);
      assert.deepEqual([await ask(web2, NAME), await ask(web1, NAME)], ["web2", "web1"], "both serve");
      // What changes in these hours is changed on both.
      phase = "a change on both";
      await api("PATCH", `/sites/${site.id}`, { memoryMb: 72 });
      await house.chip(site.id, "verified");
      for (const node of [web1, web2]) {
        const pool = `grep -rhs memory_limit /var/lib/mutu/live/release/*/apache/accounts/${account.number}.conf /var/lib/mutu/live/release/*/php-fpm/`;
        assert.match(await node.must(["sh", "-c", pool]), /72M/, node.name);
      }
      phase = "ending";
      asking.remembering = false;
      await house.sql("UPDATE AccountMove SET endsAt = ?", PAST);
      await until(
        "the end of the move",
        async () => {
          const { ended } = await api<{ ended: boolean }>("POST", `${path}/look`).catch(() => ({ ended: true }));
          return ended || undefined;
        },
        WAIT_MS,
        PAUSE_MS,
      );
      await until("the machine of before has let go", async () => ((await ask(web1, NAME)).includes("alert") ? true : undefined), WAIT_MS, PAUSE_MS);
    } finally {
      asking.following = false;
      await visits;
    }
    assert.deepEqual([...new Set(heard.following)], ["web1", "web2"]);
    assert.deepEqual([...new Set(heard.remembering)], ["web1"]);
    assert.deepEqual([...new Set(heard.neighbour)], ["200"]);
    assert.equal(await ask(web2, NAME), "web2");
    assert.equal((await web1.exec(["pgrep", "-u", String(account.number)])).stdout, "", "nothing of it runs there");
    const [held] = await house.sql<{ count: number }>("SELECT count(*) AS count FROM PublishUnit WHERE hold IS NOT NULL");
    assert.equal(held?.count, 0);
  });
}

/** The administrator's own login to a fresh machine. */
async function admit(control: LabNode, node: LabNode): Promise<void> {
  const key = await control.must(["sh", "-c", "cat ~/.ssh/id_ed25519.pub"]);
  await node.must(["sh", "-c", "umask 077 && mkdir -p ~/.ssh && cat >~/.ssh/authorized_keys"], { input: key });
  await control.must(["sh", "-c", "cat >>~/.ssh/known_hosts"], { input: `${node.ip} ${await node.hostKey()}\n` });
}
