/** Certificates on two machines: asked from pebble, proven through the real web machine and the real Knot, seen from outside by openssl. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { forwardOnlyTests } from "./certificates-ftp.js";
import { moveTests } from "./certificates-move.js";
import { Authority, atAnotherTime, CLOCK, runJobs, shown } from "./certificates-rig.js";
import { run, until } from "./lab/run.js";
import { type House, raiseHouse, type SiteBody } from "./main-job/rig.js";

const ZONE = "hosting-lab.net";
const PANEL = `secure.${ZONE}`;
const FTP = `ftp.${ZONE}`;
const WAIT_MS = 200_000;
/** Three looks that see nothing take a certificate back: they are not made in a row. */
const PAUSE_MS = 1_000;

describe("certificates", { timeout: 900_000 }, () => {
  let house: House;
  let authority: Authority;
  let accountId: string;
  before(async () => {
    house = await raiseHouse({
      origin: `https://${PANEL}`,
      daemons: "homes knot proftpd",
      settings: ["MUTU_RESOLVER=10.77.0.1:53", `MUTU_ACME_ROOTS=${Authority.roots}`, "MUTU_LISTEN_PLAIN=0.0.0.0:80"],
      others: [{ name: "web2", prepared: "packages" }],
      binds: [{ mode: "ro", source: "/usr/bin/pebble", target: "/usr/local/bin/pebble" }, CLOCK],
    });
    authority = new Authority(house.control);
    await house.control.must(["sh", "-c", "printf 'MUTU_PROFTPD_NAME=%s\\n' \"$1\" >>/etc/mutu/machine.conf", "set", FTP]);
  });
  after(() => house?.close());

  const api = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await house.api<T>(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const add = async (address: string): Promise<SiteBody> => {
    const site = await api<SiteBody>("POST", "/sites", { accountId, withWww: false, kind: "folder", address });
    return house.chip(site.id, "verified");
  };
  const subjects = () =>
    house.sql<{ title: string; state: string; problem: string | null }>("SELECT title, state, problem FROM CertificateSubject ORDER BY title");
  /** Waits until a name's certificate was seen from outside by the panel; the job comes each minute, `renew` makes it come now. */
  const verified = async (name: string): Promise<string> =>
    until(
      `a certificate for ${name}`,
      async () => {
        await runJobs(house, "certificates.renew", "certificates.deliver");
        const [row] = await house.sql<{ fingerprint: string }>(
          "SELECT c.fingerprint FROM CertificateName n JOIN CertificateSubject s ON s.id = n.subjectId JOIN Certificate c ON c.id = s.currentId WHERE n.name = ? AND n.state = 'covered' AND c.verifiedAt IS NOT NULL",
          name,
        );
        return row?.fingerprint;
      },
      WAIT_MS,
      PAUSE_MS,
    ).catch(async (cause) => {
      throw new Error(
        JSON.stringify(
          [
            await subjects(),
            await house.sql("SELECT * FROM CertificateName"),
            await house.sql("SELECT hostId, role, name, problem FROM CertificatePlace"),
            await house.sql("SELECT summary, error FROM JobRun WHERE name LIKE 'certificates%' ORDER BY startedAt DESC LIMIT 4"),
          ],
          null,
          1,
        ),
        { cause },
      );
    });

  test("names of the hosting are served by Knot, and an authority is chosen on the command line", async () => {
    await house.mutu("dns", "settings", "--name-servers", `ns1.${ZONE} 10.77.0.1`, "--hostmaster", `hostmaster@${ZONE}`, "--signed", "false");
    const { account } = await api<{ account: { id: string } }>("POST", "/accounts", {
      login: "amis",
      name: "Amis",
      ownerLogin: "jeanne",
      ownerEmail: "jeanne@example.com",
    });
    accountId = account.id;
    await api("POST", "/domains", { accountId, name: ZONE });
    for (const name of ["secure", "ftp"]) await house.mutu("dns", "records", "add", ZONE, name, "A", "10.77.0.1", "--knowingly");
    // From here on every fifth nonce is refused.
    await authority.start({ nonceReject: 20 });
    await choose();
    assert.match(await house.mutu("certificates", "authority", "show"), /:14000\/dir\t/);
  });

  test("HTTP-01 through the web machine: the certificate is shown there", async () => {
    await add(`one.${ZONE}`);
    const fingerprint = await verified(`one.${ZONE}`);
    assert.equal(fingerprintOf(await shown(house.control, house.web.ip, 443, `one.${ZONE}`)), fingerprint);
    assert.match(await shown(house.control, house.web.ip, 443, `one.${ZONE}`), /issuer=.*Pebble/i);
  });

  test("DNS-01 through Knot: a wildcard, and a name that leads elsewhere; the proofs are gone afterwards", async () => {
    await house.mutu("dns", "records", "add", ZONE, "later", "A", "10.77.0.9", "--knowingly");
    await answers("A", `later.${ZONE}`, /10\.77\.0\.9/);
    const site = await add(`*.wild.${ZONE}`);
    await api("POST", `/sites/${site.id}/addresses`, { address: `later.${ZONE}` });
    const fingerprint = await verified(`later.${ZONE}`);
    assert.equal(await verified(`*.wild.${ZONE}`), fingerprint, "one certificate for all addresses of a site");
    const seen = await shown(house.control, house.web.ip, 443, `anything-at-all.wild.${ZONE}`);
    assert.equal(fingerprintOf(seen), fingerprint);
    assert.match(seen, new RegExp(`DNS:\\*\\.wild\\.${ZONE}`));
    await answers("TXT", `_acme-challenge.later.${ZONE}`, /^\s*$/);
  });

  test("the panel's own name: answered on its plain port, shown by its HTTPS without a restart", async () => {
    const panel = () => house.control.must(["systemctl", "show", "-p", "MainPID", "--value", "mutu-panel"]);
    const before = await panel();
    const fingerprint = await verified(PANEL);
    await until("the panel shows it", async () => fingerprintOf(await shown(house.control, house.control.ip, 443, PANEL)) === fingerprint || undefined);
    assert.equal(await panel(), before);
  });

  test("FTPS shows the certificate of the name that people type", async () => {
    await house.mutu("ftp", "hosts", "edit", "control", "--public-name", FTP);
    await house.mutu("ftp", "logins", "add", "amis");
    const fingerprint = await verified(FTP);
    // The place comes with the release that makes the login, which may be after the certificate.
    const ftp = async () => fingerprintOf(await shown(house.control, house.control.ip, 21, FTP, "ftp"));
    await until("ProFTPD shows it", async () => (await ftp()) === fingerprint || undefined, WAIT_MS);
  });

  forwardOnlyTests(() => ({ house }));

  test("one address of ten leads elsewhere: nine are covered, and the tenth is told with its next try", async () => {
    const site = await add(`n0.${ZONE}`);
    // Or it would be proven by DNS, which is ours.
    await house.mutu("certificates", "edit", `n0.${ZONE}`, "--challenge", "http");
    await house.mutu("dns", "records", "add", ZONE, "n9", "A", "10.77.0.9", "--knowingly");
    await answers("A", `n9.${ZONE}`, /10\.77\.0\.9/);
    for (let index = 1; index < 10; index += 1) await api("POST", `/sites/${site.id}/addresses`, { address: `n${index}.${ZONE}` });
    await answers("A", `n8.${ZONE}`, /10\.77\.0\.2/);
    const fingerprint = await verified(`n8.${ZONE}`);
    const seen = await shown(house.control, house.web.ip, 443, `n0.${ZONE}`);
    assert.equal(fingerprintOf(seen), fingerprint);
    for (let index = 0; index < 10; index += 1) assert.equal(seen.includes(`DNS:n${index}.${ZONE}`), index !== 9, `n${index}`);
    const left = await until(
      "the tenth is told",
      async () => {
        const [row] = await house.sql<{ state: string; problem: string; nextAt: string }>(
          "SELECT state, problem, nextAt FROM CertificateName WHERE name = ?",
          `n9.${ZONE}`,
        );
        return row?.state === "failing" ? row : undefined;
      },
      WAIT_MS,
    );
    assert.match(left.problem, /points_elsewhere.*10\.77\.0\.9/);
    assert.ok(new Date(left.nextAt) > new Date());
  });

  test("a renewal is shown in the place of the one before, without a reload", async () => {
    const workers = await nginxWorkers();
    const before = await verified(`one.${ZONE}`);
    await house.sql("UPDATE Certificate SET renewAt = ? WHERE fingerprint = ?", PAST, before);
    await due(`one.${ZONE}`);
    const renewed = await until(
      "another certificate",
      async () => {
        const fingerprint = await verified(`one.${ZONE}`);
        return fingerprint === before ? undefined : fingerprint;
      },
      WAIT_MS,
    );
    assert.equal(fingerprintOf(await shown(house.control, house.web.ip, 443, `one.${ZONE}`)), renewed);
    // A reload would have exchanged them.
    assert.equal(await nginxWorkers(), workers);
  });

  test("a clock that jumps asks for nothing and changes nothing that is shown; when it is right again all goes on", async () => {
    const before = await verified(`one.${ZONE}`);
    const [count] = await house.sql<{ count: number }>("SELECT count(*) AS count FROM AcmeOrder");
    for (const [jump, code] of [
      ["+60d", /certificates\.clock_ahead/],
      ["-60d", /certificates\.(clock_behind|authority_away)/],
    ] as const) {
      await until(`a run at ${jump}`, async () => {
        // The panel's own run, whose clock is right, may come between.
        await due(`one.${ZONE}`);
        await atAnotherTime(house.control, jump, ["jobs", "run", "certificates.renew"]);
        const [account] = await house.sql<{ problem: string | null }>("SELECT problem FROM AcmeAccount");
        return code.test(account?.problem ?? "") || undefined;
      });
      assert.equal(fingerprintOf(await shown(house.control, house.web.ip, 443, `one.${ZONE}`)), before);
    }
    assert.deepEqual(await house.sql("SELECT count(*) AS count FROM AcmeOrder"), [count]);
    await add(`three.${ZONE}`);
    const fingerprint = await verified(`three.${ZONE}`);
    assert.equal(fingerprintOf(await shown(house.control, house.web.ip, 443, `three.${ZONE}`)), fingerprint);
    assert.equal(await verified(`one.${ZONE}`), before);
  });

  test("a revoked certificate is revoked at the authority, and another one with another key takes its place", async () => {
    const before = await shown(house.control, house.web.ip, 443, `one.${ZONE}`);
    const old = await verified(`one.${ZONE}`);
    await house.mutu("certificates", "revoke", `one.${ZONE}`, "seen");
    assert.match(await authority.statusOf(certificateIn(before).serialNumber), /"Revoked"/);
    const next = await until(
      "another certificate",
      async () => {
        const fingerprint = await verified(`one.${ZONE}`);
        return fingerprint === old ? undefined : fingerprint;
      },
      WAIT_MS,
    );
    const after = await shown(house.control, house.web.ip, 443, `one.${ZONE}`);
    assert.equal(fingerprintOf(after), next);
    assert.notDeepEqual(
      certificateIn(after).publicKey.export({ type: "spki", format: "der" }),
      certificateIn(before).publicKey.export({ type: "spki", format: "der" }),
    );
  });

  test("while the authority is down nothing that is shown changes; when it is back the rest comes by itself", async () => {
    await authority.stop();
    await add(`two.${ZONE}`);
    await house.mutu("jobs", "run", "certificates.renew");
    const [told] = await house.sql<{ problem: string | null }>("SELECT problem FROM AcmeAccount");
    assert.match(told?.problem ?? "", /certificates\.authority_away/);
    assert.equal(fingerprintOf(await shown(house.control, house.web.ip, 443, `one.${ZONE}`)), await verified(`one.${ZONE}`));
    // pebble forgets all accounts when it ends: ours is made anew.
    await authority.start();
    await choose();
    const fingerprint = await verified(`two.${ZONE}`);
    assert.equal(fingerprintOf(await shown(house.control, house.web.ip, 443, `two.${ZONE}`)), fingerprint);
  });

  moveTests(() => ({ house, verified, fingerprintOf, neighbour: `one.${ZONE}` }));

  test("a suspended account's sites renew, and keys stand in no log and no answer", async () => {
    await api("POST", `/accounts/${accountId}/suspend`, { reason: "test" });
    const before = await verified(`two.${ZONE}`);
    await house.sql("UPDATE Certificate SET renewAt = ? WHERE fingerprint = ?", PAST, before);
    await due(`two.${ZONE}`);
    await until("another certificate", async () => ((await verified(`two.${ZONE}`)) === before ? undefined : true), WAIT_MS);
    const told = await house.control.must([
      "sh",
      "-c",
      "journalctl --no-pager -u mutu-panel; grep -rl 'PRIVATE KEY' /var/lib/mutu-panel/store /var/log 2>/dev/null || :",
    ]);
    assert.doesNotMatch(told, /PRIVATE KEY|\/store\//);
    const [row] = await house.sql<{ key: string }>("SELECT key FROM Certificate LIMIT 1");
    assert.match(row?.key ?? "", /^v1\./);
  });

  const PAST = "2020-01-01T00:00:00.000+00:00";
  const due = (name: string) =>
    house.sql("UPDATE CertificateSubject SET nextAt = ? WHERE id IN (SELECT subjectId FROM CertificateName WHERE name = ?)", PAST, name);
  const choose = () => house.mutu("certificates", "authority", "choose", authority.directory, "--contact", `admin@${ZONE}`, "--terms-agreed");
  const answers = (type: string, name: string, wanted: RegExp) =>
    until(`${name} ${type}`, async () => wanted.test((await run(house.control.networkArgv(["dig", "@10.77.0.1", "+short", name, type]))).stdout) || undefined);
  const certificateIn = (text: string) => new X509Certificate(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/.exec(text)?.[0] ?? "");
  const fingerprintOf = (text: string) => certificateIn(text).fingerprint256.replaceAll(":", "").toLowerCase();
  const nginxWorkers = async () => {
    const master = (await house.web.must(["systemctl", "show", "-p", "MainPID", "--value", "mutu-nginx"])).trim();
    assert.match(master, /^[1-9]\d*$/);
    return house.web.readFile(`/proc/${master}/task/${master}/children`);
  };
});
