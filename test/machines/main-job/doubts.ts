/** Verified means verified, on the real web machine: whatever answers in a site's place is not taken for it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Doubt } from "../../../src/publish/verify.js";
import { until } from "../lab/run.js";
import type { House, SiteBody } from "./rig.js";

interface Scene {
  house: House;
  site: SiteBody;
  account: { id: string; number: number };
}

const SITE = "example.org";
const PATIENCE_MS = 400;
const WAIT_MS = 60_000;

/** Asks one question with the program's own verification, from control. */
async function doubt(house: House, hash: string, name: string, kind: "web" | "php" = "web"): Promise<Doubt> {
  const source = `import { verifyAll } from "/opt/mutu/dist/publish/verify.js";
    import { probers } from "/opt/mutu/dist/features/sites/probers.js";
    const [address, questions] = process.argv.slice(1);
    const limits = { patienceMs: ${PATIENCE_MS}, timeoutMs: 3000, parallel: 4 };
    const host = { web: { address, httpPort: 80, httpsPort: 443 } };
    const ask = (probe, hash, timeoutMs) => probers[probe.kind].ask(host, probe, hash, timeoutMs);
    const doubts = await verifyAll(ask, JSON.parse(questions), limits);
    for (const prober of Object.values(probers)) prober.close();
    process.stdout.write(JSON.stringify(doubts));`;
  const [answer] = await house.script<Doubt[]>(source, house.web.ip, JSON.stringify([{ hash, probes: [{ kind, name }] }]));
  return answer as Doubt;
}

async function hashOf(house: House, role: string, key: string): Promise<string> {
  const [row] = await house.sql<{ hash: string }>("SELECT hash FROM PublishUnit WHERE role = ? AND key = ?", role, key);
  assert.ok(row?.hash, `${role} ${key} has no hash`);
  return row.hash;
}

/** The tests, in the lab of the main job, whose member has sites by now. */
export function doubtsTests(scene: () => Scene): void {
  describe("verified means verified", () => {
    test("the site itself, and its pool, prove themselves", async () => {
      const { house, account } = scene();
      assert.equal(await doubt(house, await hashOf(house, "web", `${account.number}`), SITE), null);
      assert.equal(await doubt(house, await hashOf(house, "php", `${account.number}/8.2`), SITE, "php"), null);
    });

    test("the default vhost is not the site", async () => {
      const { house, account } = scene();
      const hash = await hashOf(house, "web", `${account.number}`);
      assert.equal((await doubt(house, hash, "nobody.example.com"))?.code, "publications.no_answer", "a name without a certificate gets no handshake");
      const pem = "/var/lib/mutu/tls/nobody.example.com.pem";
      await house.web.must(["ln", "-s", "fallback.pem", pem]);
      const answer = await doubt(house, hash, "nobody.example.com");
      await house.web.must(["rm", pem]);
      // To control it answers the question with its colour, which is nobody's hash.
      assert.deepEqual(answer, { code: "publications.wrong_answer", data: { name: "nobody.example.com" } });
    });

    test("a neighbour's vhost that answers for the name is not the site", async () => {
      const { house, account } = scene();
      const input = { login: "voisin", name: "Voisins", ownerLogin: "paul", ownerEmail: "paul@example.com" };
      const neighbour = await house.api<{ account: { id: string } }>("POST", "/accounts", input);
      assert.equal(neighbour.status, 201);
      const added = await house.api<SiteBody>("POST", "/sites", { accountId: neighbour.body.account.id, address: "*.example.net" });
      assert.equal(added.status, 201, JSON.stringify(added.body));
      await house.chip(added.body.id, "verified");
      const answer = await doubt(house, await hashOf(house, "web", `${account.number}`), "nobody.example.net");
      assert.deepEqual(answer, { code: "publications.wrong_answer", data: { name: "nobody.example.net" } });
    });

    test("an old release of the same site is not the site", async () => {
      const { house, site, account } = scene();
      const key = `${account.number}`;
      const old = await hashOf(house, "web", key);
      const { status } = await house.api("PATCH", `/sites/${site.id}`, { memoryMb: 64 });
      assert.equal(status, 200);
      await house.chip(site.id, "verified");
      const wanted = await hashOf(house, "web", key);
      assert.notEqual(wanted, old);
      assert.equal(await doubt(house, wanted, SITE), null);
      // The machine goes back behind the panel's back, to a release that it still keeps.
      const root = await live(house);
      const older = await keptWith(house, key, old);
      await activate(house, root, older);
      assert.deepEqual(await doubt(house, wanted, SITE), { code: "publications.wrong_answer", data: { name: SITE } });
      assert.equal(await doubt(house, old, SITE), null);
      await activate(house, older, root);
      assert.equal(await doubt(house, wanted, SITE), null);
    });

    test("a stopped pool is not the site, though its vhost answers", async () => {
      const { house, account } = scene();
      const [pool] = await house.sql<{ master: string }>("SELECT master FROM PhpPool WHERE accountId = ?", account.id);
      const unit = (await house.web.must(["systemctl", "list-units", "--plain", "--no-legend", `mutu-php-fpm@8.2-${pool?.master}-*`])).split(" ")[0] as string;
      await house.web.must(["systemctl", "stop", unit]);
      assert.equal(await doubt(house, await hashOf(house, "web", `${account.number}`), SITE), null);
      const answer = await doubt(house, await hashOf(house, "php", `${account.number}/8.2`), SITE, "php");
      assert.equal(answer?.code, "publications.wrong_status");
      assert.match(answer.data["status"] ?? "", /^50[234]$/);
      await house.web.must(["systemctl", "start", unit]);
      assert.equal(await doubt(house, await hashOf(house, "php", `${account.number}/8.2`), SITE, "php"), null);
    });

    test("an nginx that returns 200 by itself is not the site, and a change behind it is never called verified", async () => {
      const { house, site, account } = scene();
      const conf = `events {}\npid /run/liar.pid;\nhttp { server { listen 4430 ssl; ssl_certificate /var/lib/mutu/tls/fallback.pem; ssl_certificate_key /var/lib/mutu/tls/fallback.pem; return 200 "all is well"; } }\n`;
      await house.web.writeFile("/etc/liar.conf", conf);
      // Its own output: a daemon that keeps ours open would never let the command end.
      await house.web.must(["sh", "-c", "exec nginx -c /etc/liar.conf >/run/liar.log 2>&1"]);
      await house.web.must(["nft", "add table ip liar { chain pre { type nat hook prerouting priority -100 ; tcp dport 443 redirect to :4430 ; } ; }"]);
      try {
        assert.equal((await house.ask(`https://${SITE}/`)).body, "all is well");
        assert.deepEqual(await doubt(house, await hashOf(house, "web", `${account.number}`), SITE), {
          code: "publications.wrong_answer",
          data: { name: SITE },
        });
        const { status } = await house.api("PATCH", `/sites/${site.id}`, { memoryMb: 80 });
        assert.equal(status, 200);
        const ended = async () => {
          const [row] = await house.sql<{ state: string }>("SELECT state FROM Publication ORDER BY startedAt DESC LIMIT 1");
          return row?.state === "running" ? undefined : row?.state;
        };
        assert.notEqual(await until("the end of the publication", ended, WAIT_MS), "done");
        const { body } = await house.api<SiteBody>("GET", `/sites/${site.id}`);
        assert.notEqual(body.chip.state, "verified");
      } finally {
        await house.web.must(["nft", "delete", "table", "ip", "liar"]);
        await house.web.must(["sh", "-c", "kill $(cat /run/liar.pid)"]);
      }
      await house.mutu("publications", "run", "--host", "web1");
      await house.chip(site.id, "verified");
    });
  });
}

const APPLY = "/usr/local/lib/mutu/apply";

async function live(house: House): Promise<string> {
  return /^root (\S+)$/m.exec(await house.web.must([APPLY, "status"]))?.[1] as string;
}

/** The kept release in which the account's sites answer this hash. */
async function keptWith(house: House, account: string, hash: string): Promise<string> {
  const found = await house.web.must(["sh", "-c", `grep -l "MutuProbe $1" /var/lib/mutu/releases/*/*/apache/accounts/$2.conf`, "kept", hash, account]);
  return found.split("/")[5] as string;
}

/** Exchanges releases by hand, on the machine itself. */
async function activate(house: House, from: string, to: string): Promise<void> {
  const fence = /^fence (\d+)$/m.exec(await house.web.must([APPLY, "status"]))?.[1] as string;
  await house.web.must([APPLY, "activate", "1", fence, from, to]);
  await house.web.must([APPLY, "settle", "1", fence, to]);
}
