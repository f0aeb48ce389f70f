/** The two machines of the bench: web1 as its install script leaves it, and on control's network the built panel and the visitors. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaScript } from "../../../src/core/schema.js";
import { openSqlite } from "../../../src/core/sqlite.js";
import type { Lab } from "../../machines/lab/lab.js";
import { raiseLab } from "../../machines/lab/lab.js";
import type { LabNode } from "../../machines/lab/node.js";
import { type Build, buildPrograms } from "./build.js";
import { type Asked, askLines } from "./lines.js";
import { LOADING_FLAGS, PANEL_ENVIRONMENT, PANEL_FLAGS } from "./unit.js";

export interface House {
  control: LabNode;
  web: LabNode;
  panel: Asked;
  clients: Asked;
  /** Lays accounts in and publishes them for the first time. In batches of another size than what ships, a panel of its own does it, with as much memory as that takes. */
  load<Value>(input: object): Promise<Value>;
  close(): Promise<void>;
}

const WALL_USER = "1990";

/** What has to be built. */
export const PROGRAMS = ["publish/panel", "publish/clients"];

/** Raises it, with a panel that knows nothing yet. Without a build of the caller's, with its own. */
export async function raiseHouse(built?: Build, batch: number | null = null): Promise<House> {
  const build = built ?? (await buildPrograms(PROGRAMS));
  let lab: Lab | undefined;
  const close = async () => {
    await lab?.close();
    if (built === undefined) build.remove();
  };
  try {
    lab = await raiseLab({ nodes: ["control", "web1"] });
    const control = lab.node("control");
    const web = lab.node("web1");
    const start = (program: string, flags: string[]) =>
      askLines(
        control.spawnInNetwork([process.execPath, ...flags, build.program(program)], {
          stdio: ["pipe", "pipe", "inherit"],
          env: PANEL_ENVIRONMENT,
        }),
      );
    const panel = start("publish/panel", PANEL_FLAGS);
    const clients = start("publish/clients", []);
    const state = await layState(lab, web);
    let begun = batch === null;
    if (begun) await panel.ask("start", { state, batch });
    return {
      ...{ control, web, panel, clients },
      async load<Value>(input: object): Promise<Value> {
        if (batch === null) return panel.ask<Value>("load", input);
        const loading = start("publish/panel", LOADING_FLAGS);
        let loaded: Value;
        try {
          await loading.ask("start", { state, batch });
          loaded = await loading.ask<Value>("load", input);
          await loading.ask("close");
        } finally {
          await loading.end();
        }
        await panel.ask("start", { state, batch: null });
        begun = true;
        return loaded;
      },
      async close() {
        if (begun) await panel.ask("close");
        await panel.end();
        await clients.end();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The panel's folder, with its key to web1 and web1's pinned key, as `mutu hosts add` leaves them. */
async function layState(lab: Lab, web: LabNode): Promise<string> {
  const state = join(lab.directory, "panel");
  const keys = join(state, "hosts", web.name);
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  mkdirSync(join(state, "ssh"), { mode: 0o700 });
  await layTables(state);
  copyFileSync(lab.panelKey.path, join(keys, "id_ed25519"));
  writeFileSync(join(keys, "known_hosts"), `${web.ip} ${await web.hostKey()}\n`);
  return state;
}

/** Not in the panel's own process: Prisma's schema engine (WebAssembly, 50 MB) is none of its memory. `mutu database migrate` makes tables. */
export async function layTables(state: string): Promise<void> {
  const database = openSqlite(join(state, "mutu.db"));
  database.exec(await schemaScript("sqlite"));
  database.close();
}

/** Gives an account files: a page and a PHP file that tells what it was sent, unless it is told which. */
export async function layPages(web: LabNode, site: { name: string; number: number }, files?: Record<string, string>): Promise<void> {
  const home = `/srv/mutu/homes/${site.number}`;
  await web.must(["install", "-d", "-o", WALL_USER, "-g", `${site.number}`, "-m", "0170", home]);
  await web.must(["mkdir", "-p", `${home}/www`], { uid: site.number });
  const pages = files ?? {
    "plain.html": `plain ${site.name}\n`,
    "index.php": '<?php echo "got ", file_get_contents("php://input"), "\\n";\n',
  };
  for (const [file, input] of Object.entries(pages))
    await web.must(["sh", "-c", 'cat > "$1"', "page", `${home}/www/${file}`], {
      uid: site.number,
      input,
    });
}
