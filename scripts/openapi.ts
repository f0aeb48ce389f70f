/** Writes docs/openapi.json, the document that the panel serves at /api/v1/openapi.json: made from the routes, so it cannot lie. Part of `npm run generate`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildApp } from "../src/app.js";
import { boot, programRoot } from "../src/boot.js";
import { readEnv } from "../src/core/env.js";
import { createLog } from "../src/core/log.js";
import { schemaScript } from "../src/core/schema.js";
import { newKeyFile } from "../src/core/secret.js";
import { openSqlite } from "../src/core/sqlite.js";

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
  mkdirSync(join(programRoot, "docs"), { recursive: true });
  writeFileSync(join(programRoot, "docs/openapi.json"), `${JSON.stringify(app.swagger(), null, 2)}\n`);
  await app.close();
  await program.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
