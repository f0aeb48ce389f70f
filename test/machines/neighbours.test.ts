/** Neighbours on one web machine: what hangs, storms or scans is its own affair; and what each machine lets in is a list. */
// This file may take 600 seconds.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { must, until } from "./lab/run.js";
import { type House, raiseHouse } from "./main-job/rig.js";
import { settleVillage, type Villager } from "./main-job/village.js";
import { chainTests, ECHO, UPLOAD_MB } from "./neighbours/chain.js";
import { gather, listen, openDatagrams, openPorts } from "./neighbours/crowd.js";

const ADMIN = "10.77.0.99";
const SIX = { control: "fd77::1", web: "fd77::2", outside: "fd77::3" };
/** An address that is nobody's own: the world, as a member's PHP meets it (RFC 5737). */
const WORLD = "198.51.100.7";
const CROWD = Array.from({ length: 8 }, (_, at) => `10.77.0.${100 + at}`);
/** Where something listens on every machine while it is scanned: what HOSTING.md 19 lists, what runs beside it on machines of this kind, and borders. */
const SAMPLES = [
  ...[19, 21, 22, 25, 53, 80, 81, 111, 443, 465, 587, 631, 993, 995, 1433, 2049, 2222, 2223, 3306, 3307, 4190, 5432, 6379],
  ...[8070, 8079, 8080, 8081, 8082, 8090, 8091, 8443, 9000, 11_211, 20_048, 49_999, 50_000, 51_820, 55_555, 60_000, 60_001, 65_535],
];
const SLEEP_SECONDS = 3;
const PUBLICATIONS = 50;
/** Runs the PHP that is posted to it. */
const TOOL = '<?php set_time_limit(50); echo json_encode(eval(file_get_contents("php://input")));';

describe("neighbours", { timeout: 600_000 }, () => {
  let house: House;
  let sleeper: Villager;
  let stormy: Villager;
  let quiet: Villager;

  const write = (villager: Villager, name: string, content: string) =>
    house.control.must(["sh", "-c", 'cat > "$1"', "write", `/srv/mutu/homes/${villager.number}/${villager.folder}/${name}`], {
      uid: villager.number,
      input: content,
    });
  const outside = () => house.lab.node("outside");

  before(async () => {
    house = await raiseHouse({
      daemons: "homes knot proftpd",
      others: [{ name: "outside", kind: "web", prepared: "packages" }],
      addWords: ["--firewall", ADMIN],
    });
    for (const [name, six] of [
      ["control", SIX.control],
      ["web1", SIX.web],
      ["outside", SIX.outside],
    ] as const) {
      const device = name === "control" ? "br0" : "eth0";
      await must(house.lab.node(name).networkArgv(["ip", "addr", "add", `${six}/64`, "dev", device, "nodad"]));
    }
    for (const address of [...CROWD, ADMIN]) await must(outside().networkArgv(["ip", "addr", "add", `${address}/24`, "dev", "eth0"]));
    await must(outside().networkArgv(["ip", "addr", "add", `${WORLD}/32`, "dev", "eth0"]));
    await must(house.web.networkArgv(["ip", "route", "add", `${WORLD}/32`, "via", outside().ip]));
    [sleeper, stormy, quiet] = (await settleVillage(house, 3, "tous")) as [Villager, Villager, Villager];
    await house.sql("UPDATE Plan SET phpUploadMb = ?", UPLOAD_MB);
    // Two in one master: a change of one's pool renews the other's too.
    await house.sql("UPDATE PhpPool SET master = CASE accountId WHEN ? THEN 'm01' ELSE 'm00' END", stormy.accountId);
    await house.mutu("publications", "run", "--host", "control");
    await house.mutu("publications", "run", "--host", "web1");
    await write(sleeper, "sleep.php", `<?php for ($end = microtime(true) + ${SLEEP_SECONDS}; microtime(true) < $end;) usleep(100000); echo "awake";`);
    for (const villager of [sleeper, stormy, quiet]) {
      await write(villager, "post.php", '<?php echo strlen(file_get_contents("php://input"));');
      await write(villager, "static.html", "static");
    }
    await write(quiet, "tool.php", TOOL);
    await write(quiet, "echo.php", ECHO);
  });
  after(() => house?.close());

  /** Visitors of the site that must notice nothing. */
  const visitors = () =>
    (
      [
        ["static", "/static.html", "GET"],
        ["page", "/post.php", "GET"],
        ["form", "/post.php", "POST"],
      ] as const
    ).map(([name, path, method]) => ({
      ...{ name, host: quiet.name, path, method, clients: 2, pauseMs: 20, from: [outside().ip] },
      ...(method === "POST" && { body: "name=value" }),
    }));

  test("a site that sleeps under 200 clients, while its pool changes: the excess is told so, its neighbours notice nothing", async (t) => {
    const { body: plan } = await house.api<{ id: string }>("POST", "/plans", { ...(await defaultPlan()), name: "Wider", phpWorkers: 7 });
    const crowd = await gather(t, outside(), house.web.ip, [
      { name: "asleep", host: sleeper.name, path: "/sleep.php", clients: 200, pauseMs: 0, impatient: true, from: CROWD },
      ...visitors(),
    ]);
    await until("the site is at its limit", async () => (await house.ask(`https://${sleeper.name}/static.html`)).status === 503 || undefined);
    const changed = await house.api("PATCH", `/accounts/${sleeper.accountId}`, { planId: plan.id });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    await until("the new pool is verified", async () => ((await doubts(sleeper)).length === 0 && (await workers(sleeper)) === 7) || undefined, 60_000);
    // However fast all this was: some have slept to their end.
    await wait(2 * SLEEP_SECONDS * 1000);
    const answers = await crowd.leave();
    t.diagnostic(JSON.stringify(answers));
    for (const name of ["static", "page", "form"]) assert.deepEqual(Object.keys(answers[name] ?? {}), ["200"], name);
    const { 200: awake = 0, 503: refused = 0, ...other } = answers["asleep"] ?? {};
    assert.ok(awake > 0 && refused > 160, JSON.stringify(answers["asleep"]));
    assert.deepEqual(other, {}, "its own answers are its own or 503");
  });

  test(`a storm of POSTs at one site during ${PUBLICATIONS} publications: no answer of any site is lost`, async (t) => {
    const [{ last }] = (await house.sql<{ last: number }>(
      "SELECT max(p.number) AS last FROM Publication p JOIN Host h ON h.id = p.hostId WHERE h.name = 'web1'",
    )) as [{ last: number }];
    const storm = {
      name: "storm",
      host: stormy.name,
      path: "/post.php",
      method: "POST" as const,
      body: "x".repeat(2048),
      clients: 8,
      pauseMs: 0,
      from: CROWD,
    };
    const kept = visitors().map((visitor) => ({ ...visitor, name: `${visitor.name}, kept`, kept: true }));
    const crowd = await gather(t, outside(), house.web.ip, [storm, ...visitors(), ...kept]);
    for (let at = 0; at < PUBLICATIONS; at += 1) {
      const { status, body } = await house.api("PATCH", `/sites/${sleeper.siteId}`, { memoryMb: 64 + at });
      assert.equal(status, 200, JSON.stringify(body));
      await house.chip(sleeper.siteId, "verified");
    }
    const answers = await crowd.leave();
    t.diagnostic(JSON.stringify(answers));
    const lost = ["storm", ...[...visitors(), ...kept].map((visitor) => visitor.name)].filter((name) => Object.keys(answers[name] ?? {}).join() !== "200");
    assert.deepEqual(lost, [], lost.length === 0 ? "" : `${JSON.stringify(answers)}\n${await whyLost()}`);
    const runs = await house.sql<{ state: string }>(
      "SELECT p.state FROM Publication p JOIN Host h ON h.id = p.hostId WHERE h.name = 'web1' AND p.number > ? AND p.state != 'idle'",
      last,
    );
    assert.ok(runs.length >= PUBLICATIONS, `${runs.length} publications`);
    assert.deepEqual([...new Set(runs.map(({ state }) => state))], ["done"]);
  });

  describe("the chain", () => chainTests(() => ({ house, villager: quiet })));

  test("a suspended account keeps no process, whatever started it; its neighbours keep theirs", async () => {
    const running = async ({ number }: Villager) => Number((await house.web.exec(["pgrep", "-c", "-U", String(number), "-x", "sleep"])).stdout);
    for (const villager of [stormy, quiet]) {
      await write(villager, "leave.php", '<?php shell_exec("setsid sh -c \'(sleep 900 &) ; exec sleep 900\' >/dev/null 2>&1 &"); echo "left";');
      assert.equal((await house.ask(`https://${villager.name}/leave.php`)).body, "left");
      await until("they run", async () => (await running(villager)) === 2 || undefined);
    }
    const { status, body } = await house.api("POST", `/accounts/${stormy.accountId}/suspend`, { reason: "unpaid" });
    assert.equal(status, 200, JSON.stringify(body));
    await until("all of it ends", async () => (await house.web.exec(["pgrep", "-U", String(stormy.number)])).status === 1 || undefined, 60_000);
    assert.equal((await house.ask(`https://${stormy.name}/static.html`)).status, 503);
    assert.equal(await running(quiet), 2);
    await house.web.must(["pkill", "-U", String(quiet.number), "-x", "sleep"]);
  });

  describe("what reaches what", () => {
    const ends: (() => void)[] = [];
    before(async () => {
      // As an administrator closes it: what its daemons serve is found by itself.
      const words = ["--step", "files", "--host", "control", "--daemons", "homes knot proftpd"];
      const install = ["/opt/mutu/machines/control/install", ...words];
      assert.match(await house.control.must([...install, "--plan"]), /^firewall: off\.[\s\S]*^\| {5}tcp dport @public_tcp accept$/m);
      await house.control.must([...install, "--firewall", ADMIN, "--web-addresses", `${house.web.ip} ${SIX.web}`]);
      assert.equal(await house.control.must(install), "changes 0\n", "an install without the words keeps what was asked for");
      for (const node of house.lab.nodes.values()) ends.push(await listen(node, SAMPLES));
    });
    after(() => {
      for (const end of ends) end();
    });

    /** What PHP of a member reaches: TCP ports of this range or list, and UDP ports of the samples. */
    const reached = async (address: string, ports: string): Promise<{ tcp: number[]; udp: number[] }> => {
      const code = `$a = "${address.includes(":") ? `[${address}]` : address}"; $tcp = $udp = [];
        foreach (${ports} as $p) if ($s = @stream_socket_client("tcp://$a:$p", $no, $why, 0.4)) { $tcp[] = $p; fclose($s); }
        foreach (${JSON.stringify(SAMPLES)} as $p) { $s = @stream_socket_client("udp://$a:$p"); if (!$s) continue;
          stream_set_timeout($s, 0, 300000); if (@fwrite($s, "here?") && @fread($s, 4) === "here") $udp[] = $p; }
        return ["tcp" => $tcp, "udp" => $udp];`;
      const { status, body } = await house.ask(`https://${quiet.name}/tool.php`, { method: "POST", body: code, timeoutSeconds: 60 });
      assert.equal(status, 200, body);
      return JSON.parse(body);
    };
    const QUARTER = 16_384;
    const everyPort = async (address: string): Promise<{ tcp: number[]; udp: number[] }> => {
      const found: { tcp: number[]; udp: number[] }[] = [];
      for (const from of [1, QUARTER, 2 * QUARTER, 3 * QUARTER]) {
        found.push(await reached(address, `range(${from}, ${Math.min((Math.floor(from / QUARTER) + 1) * QUARTER - 1, 65_535)})`));
      }
      return { tcp: found.flatMap(({ tcp }) => tcp), udp: found[0]?.udp ?? [] };
    };
    const LOOPBACK = { tcp: [53, 80, 443, 3306], udp: [53] };

    test("a member's PHP: names, the web, its machine's own sites, the databases' door and control's, and nothing else", async () => {
      assert.deepEqual(await everyPort("127.0.0.1"), LOOPBACK);
      assert.deepEqual(await everyPort(house.web.ip), LOOPBACK);
      assert.deepEqual(await everyPort(house.control.ip), { tcp: [587, 3306], udp: [] });
      const samples = JSON.stringify(SAMPLES);
      for (const address of ["::1", SIX.web]) assert.deepEqual(await reached(address, samples), LOOPBACK, address);
      assert.deepEqual(await reached(SIX.control, samples), { tcp: [], udp: [] });
      for (const address of [outside().ip, SIX.outside]) assert.deepEqual(await reached(address, samples), { tcp: [53], udp: [53] }, address);
      assert.deepEqual((await reached(WORLD, samples)).tcp, [53, 80, 443]);
    });

    const ports = SAMPLES;

    test("members' files are reached by the kernel and root alone", async () => {
      assert.deepEqual(await openPorts(house.web, house.control.ip), [587, 2049, 3306]);
      assert.deepEqual(await openPorts(house.web, house.control.ip, { user: "mutu-nginx", ports }), [587, 3306]);
      assert.deepEqual(await openPorts(house.web, SIX.control, { ports }), [587, 2049, 3306]);
      assert.deepEqual(await openDatagrams(house.web, house.control.ip, { ports }), [51_820]);
    });

    test("from outside, from control and from an administrator: what daemons serve, and SSH where it was asked for", async () => {
      const served = [21, 53, 80, 443, 2222, 50_000, 51_820, 55_555, 60_000];
      assert.deepEqual(await openPorts(outside(), house.control.ip), served);
      assert.deepEqual(await openPorts(outside(), SIX.control, { ports }), served);
      assert.deepEqual(await openDatagrams(outside(), house.control.ip, { ports }), [53, 51_820]);
      assert.deepEqual(await openPorts(outside(), house.control.ip, { source: ADMIN, ports }), [21, 22, ...served.slice(1)]);
      assert.deepEqual(await openPorts(outside(), house.web.ip), [80, 443]);
      assert.deepEqual(await openPorts(outside(), SIX.web, { ports }), [80, 443]);
      assert.deepEqual(await openDatagrams(outside(), house.web.ip, { ports }), [51_820]);
      assert.deepEqual(await openPorts(outside(), house.web.ip, { source: ADMIN, ports }), [22, 80, 443]);
      assert.deepEqual(await openPorts(house.control, house.web.ip, { ports }), [22, 80, 443]);
      assert.deepEqual(await openPorts(house.control, SIX.web, { ports }), [80, 443]);
    });

    test("what runs as a member on control speaks to none of its programs", async () => {
      assert.deepEqual(await openPorts(house.control, "127.0.0.1", { user: String(quiet.number), ports }), [53]);
    });

    test("a machine that is opened again is open, and stays so after another install", async () => {
      const install = ["/opt/mutu/machines/control/install", "--step", "files", "--host", "control", "--daemons", "homes knot proftpd"];
      await house.control.must([...install, "--firewall", "off"]);
      assert.ok((await openPorts(outside(), house.control.ip, { ports })).includes(6379));
      assert.equal(await house.control.must(install), "changes 0\n");
      assert.notEqual((await house.control.exec(["nft", "list", "table", "inet", "mutu_public"])).status, 0);
    });
  });

  /** What the programs of the web machine said of it. */
  const whyLost = () =>
    house.web.must(["sh", "-c", "tail -n 40 /var/log/mutu/*/*error*.log /var/log/mutu/php/*.log 2>&1 | cut -c 1-300; journalctl -n 60 --no-pager -o cat"]);
  const defaultPlan = async () => {
    const { body } = await house.api<Record<string, unknown>[]>("GET", "/plans");
    const { id: _id, isDefault: _default, accounts: _accounts, ...plan } = body.find((one) => one["isDefault"] === true) ?? {};
    return plan;
  };
  const doubts = ({ accountId }: Villager) =>
    house.sql("SELECT role, key, quarantineCode FROM PublishUnit WHERE accountId = ? AND (wanted > verified OR quarantineCode IS NOT NULL)", accountId);
  const workers = async ({ number }: Villager) =>
    Number((await house.web.must(["sh", "-c", `sed -n 's/^pm.max_children = //p' /var/lib/mutu/live/release/*/php-fpm/*/*/${number}.conf`])).trim());
});
