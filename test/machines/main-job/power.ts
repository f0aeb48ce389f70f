/** The web machine loses its power in the middle of a publication: it boots with one whole release, and one retry brings the new one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../lab/run.js";
import type { House, SiteBody } from "./rig.js";

interface Scene {
  house: House;
  site: SiteBody;
  account: { number: number };
  name: string;
}

const DRIVERS = "/usr/local/lib/mutu/daemons";
/** Emptied by a boot, so that what waits there waits once. */
const HOLD = "/run/mutu-test";
const WAIT_MS = 120_000;

/** Steps at which it happens, and whether the control machine is lost with it. */
const CUTS = [
  { daemon: "apache", verb: "prepare", memoryMb: 112, control: "off", says: "the new Apache starts beside the old" },
  { daemon: "nginx", verb: "commit", memoryMb: 128, control: "on", says: "the release is switched, and nginx is about to be told" },
] as const;

export function powerTests(scene: () => Scene): void {
  describe("the power of the web machine is cut in the middle of a publication", () => {
    for (const { daemon, verb, memoryMb, control, says } of CUTS)
      test(`${says}, control ${control}: it boots with the old or the new release whole, and one retry converges`, async () => {
        const { house, site, name } = scene();
        const { web } = house;
        const root = async () => /^root (\S+)$/m.exec(await web.must(["/usr/local/lib/mutu/apply", "status"]))?.[1];
        const asked = () =>
          house.lab.fetch(web, `https://${name}/memory.php`, { from: web, timeoutSeconds: 20 }).then(
            ({ status, body }) => `${status} ${body}`,
            (error: Error) => error.message,
          );
        const driver = `${DRIVERS}/${daemon}/driver`;
        const [before, was] = [await asked(), await root()];
        assert.match(before, /^200 \d+M$/);
        const waits = `if [ "$1" = ${verb} ] && [ -e ${HOLD}/hold ]; then : >${HOLD}/here; sleep 600; fi`;
        await web.must([
          "sh",
          "-c",
          `mkdir -p ${HOLD} && cp -p "$1" "$1.kept" && sed -i "2i $2" "$1" && : >${HOLD}/hold`,
          "hold",
          driver,
          waits.replaceAll('"', '\\"').replaceAll("$", "\\$"),
        ]);
        const changed = await house.api("PATCH", `/sites/${site.id}`, { memoryMb });
        assert.equal(changed.status, 200, JSON.stringify(changed.body));
        await until("the step", async () => (await web.exec(["test", "-e", `${HOLD}/here`])).status === 0 || undefined, WAIT_MS);
        const [{ root: sent }] = (await house.sql<{ root: string }>(
          `SELECT r.root FROM "Release" r JOIN Host h ON h.id = r.hostId WHERE h.name = 'web1' ORDER BY r.number DESC LIMIT 1`,
        )) as [{ root: string }];
        assert.notEqual(sent, was);
        if (control === "off") await house.control.stop();
        await web.reboot();
        const is = await root();
        assert.ok(is === was || is === sent, `${is}: neither ${was} nor ${sent}`);
        const serving = is === was ? before : `200 ${memoryMb}M`;
        await until("the sites", async () => (await asked()) === serving || undefined, WAIT_MS);
        if (control === "off") {
          await house.control.boot();
          await house.startPanel();
        }
        await web.must(["mv", `${driver}.kept`, driver]);
        await house.mutu("publications", "run", "--host", "web1");
        await house.chip(site.id, "verified");
        assert.equal(await asked(), `200 ${memoryMb}M`);
        assert.equal(await root(), sent, "the very release that was under way");
      });
  });
}
