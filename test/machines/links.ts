/** The link between machines and members' files over it: what install lays down, checked by the real programs where these kernels have none; and a web machine without them. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Lab } from "./lab/lab.js";
import type { LabNode } from "./lab/node.js";
import { must, until } from "./lab/run.js";

const HOMES = "/srv/mutu/homes";
const INSTALL = "/opt/mutu/machines";
/** Of Debian's wireguard-tools, which the lab's machines have not. */
const UNIT = "/lib/systemd/system/wg-quick@.service";

/** `site` answers with the member's page while its files are there. `web` sees the checkout as /opt/mutu. */
export function linkTests(world: () => { lab: Lab; web: LabNode; site: string }): void {
  test("install lays down the tunnel: a key that stays, 0600, and a file that wg-quick reads", async () => {
    const { lab, web } = world();
    const control = lab.node("control");
    const keys = new Map<LabNode, string>();
    const install = async (node: LabNode, ...words: string[]): Promise<string> => {
      const kind = node === web ? "web" : "control";
      const own =
        node === web ? ["--control-address", control.ip, "--panel-key", lab.panelKey.public, "--daemons", "php-fpm apache nginx"] : ["--daemons", "homes"];
      return node.must([`${INSTALL}/${kind}/install`, "--step", "files", "--host", node.name, ...own, ...words]);
    };
    for (const [node, address] of [
      [control, "10.79.0.1/24"],
      [web, "10.79.0.2/24"],
    ] as const) {
      await node.writeFile(UNIT, readFileSync(UNIT));
      const [, key = ""] = /^tunnel's public key (\S{44})$/m.exec(await install(node, "--tunnel", address)) ?? [];
      keys.set(node, key);
    }
    const peers = new Map([
      [control, ["--tunnel", "10.79.0.1/24", "--tunnel-peer", `${keys.get(web)} 10.79.0.2`, "--export-homes", "10.79.0.2"]],
      [web, ["--tunnel", "10.79.0.2/24", "--tunnel-peer", `${keys.get(control)} 10.79.0.1 control:51820`, "--homes-from", `10.79.0.1:${HOMES}`]],
    ]);
    for (const [node, words] of peers) {
      await install(node, ...words);
      assert.match(await install(node, ...words), /^changes 0$/m);
      assert.equal(
        (await node.must(["stat", "-c", "%a %U", "/etc/wireguard", "/etc/wireguard/mutu.key", "/etc/wireguard/mutu.conf"])).trim(),
        "700 root\n600 root\n600 root",
      );
      const text = await node.readFile("/etc/wireguard/mutu.conf");
      const file = join(lab.directory, "mutu.conf");
      writeFileSync(file, text, { mode: 0o600 });
      const stripped = await must(["wg-quick", "strip", file]);
      const other = node === web ? control : web;
      assert.match(stripped, new RegExp(`^ListenPort = 51820$[\\s\\S]*^PublicKey = ${keys.get(other)?.replaceAll("+", "\\+")}$`, "m"));
      const [, secret = ""] = /^PrivateKey = (\S+)$/m.exec(stripped) ?? [];
      assert.equal((await must(["wg", "pubkey"], { input: secret })).trim(), keys.get(node), "the key that it printed is its own");
    }
    assert.equal((await control.readFile("/etc/exports.d/mutu.exports")).split("\n")[1], `${HOMES} 10.79.0.2(rw,secure,root_squash,sync,no_subtree_check)`);
    assert.match(await control.readFile("/etc/nfs.conf.d/mutu.conf"), /^vers3=n$[\s\S]*^host=10\.79\.0\.1$/m);
    const units = [
      "srv-mutu-homes.mount",
      "srv-mutu-homes.automount",
      "mutu-storage-watch.service",
      "mutu-firewall.service",
      "mutu-walls.service",
      "mutu-nginx.service",
    ];
    const said = await web.exec(["systemd-analyze", "verify", ...units.map((unit) => `/etc/systemd/system/${unit}`)]);
    assert.equal(said.status, 0, said.stderr);
    for (const unit of ["mutu-boot.service", "mutu-nginx.service", "mutu-apache@blue.service", "mutu-php-fpm@8.2-m00-1.service"]) {
      const after = await web.must(["systemctl", "show", "-p", "After", "-p", "Requires", "-p", "RequiresMountsFor", "-p", "Wants", unit]);
      assert.ok(!/srv-mutu|remote-fs|wg-quick|storage/.test(after), `${unit} waits for members' files: ${after}`);
    }
    for (const wrong of [
      ["--tunnel", "10.79.0.2"],
      ["--tunnel", "10.79.0.2/24", "--tunnel-peer", "short 10.79.0.1"],
      ["--homes-from", "10.79.0.1:/x;id"],
    ]) {
      await assert.rejects(install(web, ...wrong), /ended with 1/, wrong.join(" "));
    }
  });
}

/** After a reboot with those units: files that are away are told in a page of ours, status answers, and all is well again by itself. */
export async function storageAway({ lab, web, site }: { lab: Lab; web: LabNode; site: string }): Promise<void> {
  const ask = () => lab.fetch(web, `https://${site}/index.php`, { from: web });
  const answers = (status: number) => until(`the site answers ${status}`, async () => (await ask()).status === status || undefined);
  await answers(200);
  await web.must(["sh", "-c", `mkdir /run/homes-again && mount --bind ${HOMES} /run/homes-again && umount -l ${HOMES}`]);
  await answers(503);
  const away = await ask();
  assert.match(away.body, /De retour dans un instant[\s\S]*Back in a moment/);
  assert.equal(away.headers["retry-after"], "30");
  assert.match(await web.must(["/usr/local/lib/mutu/apply", "status"]), /^nginx running \d+$/m);
  await web.must(["mount", "--bind", "/run/homes-again", HOMES]);
  await answers(200);
}
