/** The main job on two machines: a member adds a site in the browser, the separate web machine serves it; then everything that a site can become. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../support/browser.js";
import { until } from "./lab/run.js";
import { browserIn } from "./main-job/browser.js";
import { doubtsTests } from "./main-job/doubts.js";
import { powerTests } from "./main-job/power.js";
import { rebuiltTests } from "./main-job/rebuilt.js";
import { type House, ORIGIN, raiseHouse, type SiteBody } from "./main-job/rig.js";

/** One more try by the job that catches up is within it. */
const CHIP_MS = 150_000;
const SITE = "example.org";
const IDN = "xn--vlo-bma.example.org";

interface AccountBody {
  account: { id: string; number: number };
  ownerPassword: string;
}

describe("main job", { timeout: 600_000 }, () => {
  let house: House;
  let account: AccountBody["account"];
  let password: string;
  let site: SiteBody;

  before(async () => {
    house = await raiseHouse();
  });
  after(() => house?.close());

  const add = async (input: object): Promise<SiteBody> => {
    const { status, body } = await house.api<SiteBody>("POST", "/sites", { accountId: account.id, withWww: false, ...input });
    assert.equal(status, 201, JSON.stringify(body));
    return house.chip(body.id, "verified");
  };
  const edit = async (id: string, change: object): Promise<void> => {
    const { status, body } = await house.api("PATCH", `/sites/${id}`, change);
    assert.equal(status, 200, JSON.stringify(body));
    await house.chip(id, "verified");
  };
  const act = async (path: string, body?: object): Promise<void> => {
    const answer = await house.api("POST", `/accounts/${account.id}/${path}`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const file = (name: string, content: string) => {
    const folder = `/srv/mutu/homes/${account.number}/${site.folder}`;
    return house.control.must(["sh", "-c", 'cat > "$1"', "file", `${folder}/${name}`], { uid: account.number, input: content });
  };

  test("hosts add prepared the web machine: it said what it would do, did it, and pinned its key", () => {
    assert.match(house.added, /^install script [0-9a-f]{64}$/m);
    assert.match(house.added, /^would compile mod_mutu$/m);
    assert.match(house.added, /^web1 answers$/m);
  });

  test("an administrator makes an account", async () => {
    const input = { login: "amis", name: "Les Amis du vélo", ownerLogin: "jeanne", ownerEmail: "jeanne@example.com" };
    const { status, body } = await house.api<AccountBody>("POST", "/accounts", input);
    assert.equal(status, 201, JSON.stringify(body));
    account = body.account;
    password = body.ownerPassword;
  });

  test("its member adds a site in Chromium; the chip becomes verified without a reload", async (t) => {
    const browser = await startBrowser(t, browserIn(house.control, house.lab.directory));
    const { page, complaints } = await browser.open(ORIGIN, { locale: "fr" });
    await page.goto("/");
    await page.fill("[name=login]", "jeanne");
    await page.fill("[name=password]", password);
    await page.click("form[action='/login'] button[type=submit]");
    await page.goto("/sites/new");
    await page.fill("[name=address]", SITE);
    await page.click("form[action='/sites'] button[type=submit]");
    await page.waitForURL(/\/sites\/[0-9a-f-]{36}$/);
    await page.evaluate(() => document.documentElement.setAttribute("data-kept", "yes"));
    const first = await page.getAttribute("[id^=chip-] .chip", "class");
    assert.match(first ?? "", /chip-(waiting|published)/);
    await page.waitForSelector("[id^=chip-] .chip-verified", { timeout: CHIP_MS });
    assert.equal(await page.getAttribute("html", "data-kept"), "yes", "the page was loaded again");
    assert.match(await page.innerText("[id^=chip-]"), /Vérifié/);
    site = await house.chip(page.url().split("/").at(-1) as string, "verified");
    // Its PHP fails: the page says so in words, from the machine's log of this moment.
    await file("ajout.php", "<?php\nrequire __DIR__ . '/vendor/autoload.php';");
    assert.equal((await house.ask(`https://${SITE}/ajout.php`)).status, 500);
    await page.goto(`/sites/${site.id}`);
    await page.waitForSelector("#site-trouble strong", { timeout: CHIP_MS });
    const told = await page.innerText("#site-trouble");
    assert.match(told, /Il manque un fichier dont le site a besoin\s: vendor\/autoload\.php/);
    assert.match(told, /ajout\.php, ligne 2/);
    await page.click(`a[href='/sites/${site.id}/logs']`);
    assert.match(await page.innerText("main"), /composer install/);
    assert.deepEqual(complaints, []);
  });

  test("the same in English; the log of another account is none that can be asked for; each account's lines come into its home", async () => {
    const { body } = await house.api<{ trouble: { code: string; file: string; line: number } }>("GET", `/sites/${site.id}/trouble`);
    assert.deepEqual([body.trouble.code, body.trouble.file, body.trouble.line], ["file_missing", "ajout.php", 2]);
    const said = await house.mutu("sites", "log", SITE, "--kind", "access");
    assert.match(said, /^A file that the site needs is not there: vendor\/autoload\.php$/m);
    assert.match(said, /\t500\t[0-9a-f.:]+\tGET \/ajout\.php$/m);
    const made = await house.api<AccountBody>("POST", "/accounts", { login: "voisins", name: "Voisins", ownerLogin: "paul", ownerEmail: "paul@example.com" });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const key = await house.keyFor("paul");
    for (const path of ["trouble", "log?kind=php", "log?kind=access"])
      assert.equal((await house.api("GET", `/sites/${site.id}/${path}`, undefined, key)).status, 404);
    // As the panel's user may ask the machine: numbers and fixed words, and a neighbour's number gives a neighbour's lines.
    const asked = (...words: string[]) =>
      house.web.exec([
        "sh",
        "-c",
        'SSH_ORIGINAL_COMMAND="$1" setpriv --reuid mutu --regid mutu --clear-groups /usr/local/lib/mutu/door',
        "door",
        words.join(" "),
      ]);
    assert.match((await asked("log", String(account.number), "php", "5")).stdout, /^line example\.org .*autoload\.php/m);
    assert.equal((await asked("log", String(made.body.account.number), "php", "5")).stdout, "");
    for (const words of [
      ["log", "0", "php", "5"],
      ["log", `${account.number}`, "../php", "5"],
      ["log", `${account.number}`, "php", "5000"],
      ["log", "root", "php", "5"],
    ])
      assert.notEqual((await asked(...words)).status, 0, words.join(" "));
    await house.web.must(["systemctl", "start", "mutu-logs.service"]);
    const home = `/srv/mutu/homes/${account.number}`;
    const listed = await house.web.must(["sh", "-c", `stat -c '%u %a %n' ${home}/logs/*`]);
    assert.match(listed, new RegExp(`^${account.number} 600 ${home}/logs/access-[0-9-]+\\.web1\\.log$`, "m"));
    assert.match(
      await house.web.must(["sh", "-c", `cat ${home}/logs/access-*.log ${home}/logs/php-*.log`]),
      /GET \/ajout\.php[\s\S]*example\.org .*autoload\.php/,
    );
    assert.match((await asked("log", String(account.number), "access", "50")).stdout, /GET \/ajout\.php/);
  });

  test("the starter page answers from the web machine over HTTPS, and www leads to it", async () => {
    const starter = await house.ask(`https://${SITE}/`);
    assert.equal(starter.status, 200);
    assert.match(starter.body, /Votre site est en ligne/);
    const twin = await house.ask(`https://www.${SITE}/a?b=c`);
    assert.equal(twin.status, 301);
    assert.equal(twin.headers["location"], `https://${SITE}/a?b=c`);
  });

  test("a PHP file answers as the account's number, on the web machine", async () => {
    await file("who.php", '<?php echo posix_geteuid(), " ", gethostname(), " ", $_SERVER["HTTPS"] ?? "off", " ", $_SERVER["REMOTE_ADDR"];');
    const answer = await house.ask(`https://${SITE}/who.php`);
    assert.equal(answer.body, `${account.number} web1 on ${house.control.ip}`);
    assert.match((await house.ask(`http://${SITE}/who.php`)).body, / off /);
  });

  test("a redirect: 308, path and query kept", async () => {
    const redirect = { address: `ancien.${SITE}`, kind: "redirect", target: `https://${SITE}/neuf`, redirectStatus: 308, keepPath: true };
    await add(redirect);
    const answer = await house.ask(`https://ancien.${SITE}/a/b%2Fc?d=e%20f`);
    assert.equal(answer.status, 308);
    assert.equal(answer.headers["location"], `https://${SITE}/neuf/a/b%2Fc?d=e%20f`);
  });

  test("a wildcard address and an IDN name", async () => {
    await add({ address: `*.jardins.${SITE}` });
    assert.match((await house.ask(`https://nimporte-lequel.jardins.${SITE}/`)).body, /Votre site est en ligne/);
    assert.equal((await house.ask(`http://jardins.${SITE}/`)).status, 421);
    await add({ address: `vélo.${SITE}` });
    assert.match((await house.ask(`https://${IDN}/`)).body, /Votre site est en ligne/);
  });

  test("a change of PHP's memory", async () => {
    await file("memory.php", '<?php echo ini_get("memory_limit");');
    await edit(site.id, { memoryMb: 48 });
    assert.equal((await house.ask(`https://${SITE}/memory.php`)).body, "48M");
    await edit(site.id, { memoryMb: 96 });
    assert.equal((await house.ask(`https://${SITE}/memory.php`)).body, "96M");
  });

  test("a suspension shows the notice and ends every process of the account; a resume brings all back", async () => {
    await file("stay.php", '<?php exec("nohup sleep 1234 >/dev/null 2>&1 &"); echo "stays";');
    assert.equal((await house.ask(`https://${SITE}/stay.php`)).body, "stays");
    const processes = async () => (await house.web.exec(["pgrep", "-u", String(account.number)])).stdout;
    assert.match((await house.web.exec(["pgrep", "-u", String(account.number), "sleep"])).stdout, /\d/);
    await act("suspend", { reason: "Cotisation de 2025" });
    await until("the notice", async () => ((await house.ask(`https://${SITE}/`)).status === 503 ? true : undefined), CHIP_MS);
    await house.chip(site.id, "verified");
    const notice = await house.ask(`https://${SITE}/who.php`);
    assert.equal(notice.status, 503);
    assert.equal(notice.headers["retry-after"], "3600");
    assert.match(notice.body, /suspendu/i);
    assert.equal((await house.ask(`https://ancien.${SITE}/`)).status, 503);
    await until("the end of its processes", async () => ((await processes()) === "" ? true : undefined));
    await act("resume");
    const back = async () => ((await house.ask(`https://${SITE}/who.php`)).status === 200 ? true : undefined);
    await until("the site", back, CHIP_MS);
    assert.equal((await house.ask(`https://ancien.${SITE}/`)).status, 308);
  });

  test("a release put back serves its older state; with the oldest one nothing withdrawn comes back, and what is let go on is the present again", async () => {
    const [{ id: host }] = (await house.sql<{ id: string }>("SELECT id FROM Host WHERE name = 'web1'")) as [{ id: string }];
    const order = async (direction: "ASC" | "DESC") => {
      const [row] = await house.sql<{ id: string }>(
        `SELECT id FROM "Release" WHERE hostId = ? AND state IN ('live', 'past') ORDER BY number ${direction} LIMIT 1`,
        host,
      );
      return row?.id ?? "";
    };
    const still = async () => {
      const [row] = await house.sql<{ left: number }>(
        "SELECT (SELECT count(*) FROM PublishUnit WHERE hostId = ? AND wanted > published) + (SELECT count(*) FROM Publication WHERE hostId = ? AND state = 'running') AS left",
        host,
        host,
      );
      return row?.left === 0 || undefined;
    };
    const putBack = async (release: string, unit: object) => {
      assert.equal((await house.api("POST", `/publications/releases/${release}/put-back`, unit)).status, 202);
      await until("the publication", still, CHIP_MS);
    };
    const memory = async () => (await house.ask(`https://${SITE}/memory.php`)).body;
    await edit(site.id, { memoryMb: 48 });
    const older = await order("DESC");
    await edit(site.id, { memoryMb: 96 });
    assert.equal(await memory(), "96M");
    await putBack(older, { role: "web", key: String(account.number) });
    assert.equal(await memory(), "48M");
    await act("suspend", { reason: "Cotisation de 2025" });
    await until("the notice", async () => ((await house.ask(`https://${SITE}/`)).status === 503 ? true : undefined), CHIP_MS);
    await until("the publication", still, CHIP_MS);
    await putBack(await order("ASC"), {});
    assert.equal((await house.ask(`https://${SITE}/memory.php`)).status, 503, "the notice stays");
    assert.equal((await house.ask(`https://ancien.${SITE}/`)).status, 503);
    await act("resume");
    await until("the site", async () => ((await house.ask(`https://${SITE}/memory.php`)).status === 200 ? true : undefined), CHIP_MS);
    assert.equal(await memory(), "96M", "the present, not what was put back before");
    assert.equal((await house.api("POST", "/publications/holds/release", { host, reason: "putBack" })).status, 202);
    await until("the publication", still, CHIP_MS);
    assert.equal(await memory(), "96M");
  });

  test("a removal: the name is nobody's site; its undo brings the same files back", async () => {
    assert.equal((await house.api("DELETE", `/sites/${site.id}`)).status, 200);
    await until("the end of the site", async () => ((await house.ask(`http://${SITE}/`)).status === 421 ? true : undefined), CHIP_MS);
    await until(
      "the end of its certificate",
      () =>
        house.ask(`https://${SITE}/`).then(
          () => undefined,
          (error: Error) => /alert/.test(error.message) || undefined,
        ),
      CHIP_MS,
    );
    assert.match((await house.ask(`https://${IDN}/`)).body, /Votre site est en ligne/, "its neighbours stay");
    assert.equal((await house.api("POST", `/sites/${site.id}/restore`)).status, 200);
    await house.chip(site.id, "verified");
    assert.equal((await house.ask(`https://${SITE}/memory.php`)).body, "96M");
  });

  test("the audit trail of all this holds together", async () => {
    assert.match(await house.mutu("audit", "verify"), /^\d+ entries, chain intact/m);
  });

  doubtsTests(() => ({ house, site, account }));
  powerTests(() => ({ house, site, account, name: SITE }));
  rebuiltTests(() => ({ house, name: SITE }));
});
