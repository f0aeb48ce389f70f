/** The document that the panel serves at /api/v1/openapi.json: made from the routes, so it cannot lie. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildApp } from "../app.js";
import { boot } from "../boot.js";
import { readEnv } from "../core/env.js";
import { createLog } from "../core/log.js";
import { schemaScript } from "../core/schema.js";
import { newKeyFile } from "../core/secret.js";
import { openSqlite } from "../core/sqlite.js";

/** Boots a panel without machines and asks it for its document. */
export async function openApiDocument(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mutu-openapi-"));
  try {
    writeFileSync(join(folder, "keys"), newKeyFile("unused"), { mode: 0o600 });
    const database = openSqlite(join(folder, "mutu.db"));
    database.exec(await schemaScript("sqlite"));
    database.close();
    // The settings are those of no machine, so that the document is the same on every one.
    const env = readEnv({ MUTU_MODE: "test", MUTU_ORIGIN: "https://panel.test", MUTU_STATE: folder, MUTU_CONFIG: "/dev/null" });
    const program = await boot(env, { log: createLog("silent"), daemons: [] });
    const { app } = await buildApp(program.services, { text: program.text });
    const document = `${JSON.stringify(app.swagger(), null, 2)}\n`;
    await app.close();
    await program.close();
    return document;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
