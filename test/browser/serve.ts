/** The whole application over real HTTPS, with every feature and the real renderers, and no machine behind it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discoverDaemons } from "../../src/core/discover.js";
import { ensureCertificate, listen } from "../../src/core/http/listen.js";
import type { Daemon } from "../../src/publish/index.js";
import { publisherOf } from "../../src/publish/index.js";
import { buildTestApp, type TestApp } from "../support/app.js";
import type { Scope } from "../support/database.js";
import { allowTestNames } from "../support/factories.js";

export interface Served {
  app: TestApp;
  origin: string;
}

/**
 * Starts it. Its publisher is closed: what a run would write into the rows of units, tests write themselves, as the panel of another process would;
 * pages then hear of it by the same poll.
 */
export async function serve(t: Scope): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-tls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tls = { certificate: join(folder, "panel.crt"), key: join(folder, "panel.key") };
  ensureCertificate({ tls, origin: "https://localhost" }, new Date());
  const daemons = await discoverDaemons<Daemon>();
  const app = await buildTestApp(t, { daemons, env: { tls, trustedProxies: [], origin: "https://localhost" } });
  await publisherOf(app.services).close();
  await allowTestNames(app.ctx());
  const server = await listen(app.app, app.services.env);
  t.after(() => server.close());
  return { app, origin: server.address.replace("127.0.0.1", "localhost") };
}
