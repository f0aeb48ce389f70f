/** The ladder of times and sizes that follows from the highest plan (HOSTING.md 7): whoever stands further in front waits longer and takes more. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { daemon as apache } from "../../src/daemons/apache/daemon.js";
import { daemon as nginx } from "../../src/daemons/nginx/daemon.js";
import { daemon as phpFpm } from "../../src/daemons/php-fpm/daemon.js";
import { Front, base as nginxBase } from "./nginx-rig.js";

const HOST = { id: "h", name: "web1", homes: "/srv/mutu/homes", options: {} };
const MB = 1024 * 1024;
/** What a plan may allow at most (src/features/accounts/schemas.ts). */
const PLANS = [
  { timeSeconds: 5, uploadMb: 1 },
  { timeSeconds: 60, uploadMb: 64 },
  { timeSeconds: 600, uploadMb: 2048 },
];

const text = (files: { content: string }[]): string => files.map(({ content }) => content).join("\n");
const number = (from: string, pattern: RegExp): number => {
  const found = pattern.exec(from)?.[1];
  assert.ok(found, `${pattern} in\n${from}`);
  return Number(found);
};

for (const plan of PLANS) {
  test(`a plan of ${plan.timeSeconds} seconds and ${plan.uploadMb} MB`, () => {
    const base = { key: "base", host: HOST, state: { kind: "base" as const, ...plan } };
    const [front, middle] = [text(nginx.render(base, "")), text(apache.render(base, ""))];
    const account = { number: 2001, login: "amis" };
    const pool = { version: "8.2", master: "m00", socket: "s.sock", home: "/srv/mutu/homes/2001", memoryMb: 64, workers: 2, envelope: "amis@web1" };
    const php = text(phpFpm.render({ key: "2001/8.2", host: HOST, state: { account, ...pool, ...plan } }, "hash"));
    const times = [
      number(front, /^proxy_read_timeout (\d+)s;$/m),
      number(middle, /^ProxyTimeout (\d+)$/m),
      number(php, /^request_terminate_timeout = (\d+)s$/m),
      number(php, /^php_admin_value\[max_execution_time\] = "(\d+)"$/m),
    ];
    assert.equal(times.at(-1), plan.timeSeconds);
    assert.deepEqual(
      times.toSorted((a, b) => b - a),
      [...new Set(times)],
      "nginx > Apache > FPM > PHP",
    );
    const sizes = [
      number(middle, /^LimitRequestBody (\d+)$/m),
      number(front, /^client_max_body_size (\d+)m;$/m) * MB,
      number(php, /^php_admin_value\[post_max_size\] = "(\d+)M"$/m) * MB,
      number(php, /^php_admin_value\[upload_max_filesize\] = "(\d+)M"$/m) * MB,
    ];
    assert.equal(sizes.at(-1), plan.uploadMb * MB);
    assert.deepEqual(
      sizes.toSorted((a, b) => b - a),
      [...new Set(sizes)],
      "who refuses first is who says it best",
    );
    // What was exchanged lives as long as a request may, and systemd does not end it before.
    const patience = number(middle, /^GracefulShutdownTimeout (\d+)$/m);
    assert.ok(patience >= (times[1] as number));
    for (const unit of ["mutu-apache@", "mutu-php-fpm@"]) {
      const stop = number(readFileSync(new URL(`../../machines/web/units/${unit}.service`, import.meta.url), "utf8"), /^TimeoutStopSec=(\d+)$/m);
      assert.ok(stop > patience, `${unit} ${stop}`);
    }
  });
}

test("old workers of nginx have as long as the highest plan allows", async () => {
  const front = await Front.start(nginxBase(), [1, 1]);
  try {
    const patience = () => number(readFileSync(join(front.machine.root, "run/nginx/nginx.conf"), "utf8"), /^worker_shutdown_timeout (\d+)s;$/m);
    assert.equal(patience(), 330);
    front.publish(nginxBase({ uploadMb: 4, timeSeconds: 600 }), [1, 1]);
    assert.equal(patience(), 630);
  } finally {
    front.machine.close();
  }
});
