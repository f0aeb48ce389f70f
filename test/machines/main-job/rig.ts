/** A whole house on the lab: the built panel under its own unit on control, web1 prepared by `mutu hosts add`, homes shared. */
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { FetchOptions, FetchResult } from "../lab/fetch.js";
import type { Lab, NodeRequest } from "../lab/lab.js";
import { raiseLab } from "../lab/lab.js";
import { REPOSITORY } from "../lab/layers.js";
import type { Bind, LabNode } from "../lab/node.js";
import { until } from "../lab/run.js";
import { panelBinds } from "./panel-tree.js";
import { PanelSql } from "./sql.js";

export const ORIGIN = "https://control";
export const ADMIN = "ada";
const COMMAND_MS = 180_000;
const PANEL_MS = 60_000;
/** A job that is run answers when it is over. */
const ANSWER_SECONDS = 80;
const CHIP_MS = 150_000;
const CHIP_PAUSE_MS = 250;
/** The panel takes 600 requests a minute of one address, and a quick machine would ask more. */
const BETWEEN_REQUESTS_MS = 110;

export interface ApiAnswer<T> {
  status: number;
  body: T;
}

export interface SiteBody {
  id: string;
  folder: string | null;
  chip: { state: string; code?: string };
}

export interface House {
  lab: Lab;
  control: LabNode;
  /** web1; control itself where it stands alone. */
  web: LabNode;
  /** What `mutu hosts add web1` said. */
  added: string;
  /** Runs the installed command line as root, as an administrator would. */
  mutu(...words: string[]): Promise<string>;
  /** Asks web1 from outside, on control's network. */
  ask(url: string, options?: FetchOptions): Promise<FetchResult>;
  /** The JSON API, as an administrator (or whose key is given). */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown, key?: string): Promise<ApiAnswer<T>>;
  /** A page as somebody reads it, in French. */
  page(path: string, key: string): Promise<string>;
  /** An API key for a login, laid down as a row. */
  keyFor(login: string): Promise<string>;
  /** Runs SQL on the panel's own database, behind every rule; gives the rows. */
  sql<T = Record<string, unknown>>(text: string, ...values: (string | number | null)[]): Promise<T[]>;
  /** Waits until a site's chip has one of these states, and gives the site. */
  chip(site: string, ...states: string[]): Promise<SiteBody>;
  /** Runs a module of our own in control, in the panel's folder and as its user; standard output is JSON. */
  script<T>(source: string, ...args: string[]): Promise<T>;
  startPanel(): Promise<void>;
  stopPanel(): Promise<void>;
  close(): Promise<void>;
}

export interface HouseRequest {
  /** A module that runs before the panel itself does, in the same process. */
  preload?: string;
  /** Instead of ORIGIN: a name that others can resolve. */
  origin?: string;
  /** Of control; default: those of its kind. */
  daemons?: string;
  /** More lines of the panel's settings, KEY=value. */
  settings?: readonly string[];
  /** More files of this host seen in control. */
  binds?: readonly Bind[];
  /** Machines beside control and web1, which the panel does not know. */
  others?: readonly NodeRequest[];
  /** More words of `mutu hosts add web1`. */
  addWords?: readonly string[];
}

const PRELOAD = "/usr/local/lib/mutu-test/preload.mjs";

/** Raises it: installs, migrates, registers both machines, makes an administrator, starts the panel. */
export async function raiseHouse(request: HouseRequest = {}): Promise<House> {
  const { preload } = request;
  return furnished([{ name: "web1", prepared: "packages" }, ...(request.others ?? [])], REPOSITORY, request, async (house) => {
    const { control, web } = house;
    if (preload !== undefined) {
      await control.writeFile(PRELOAD, preload);
      await control.writeFile("/etc/systemd/system/mutu-panel.service.d/preload.conf", `[Service]\nEnvironment=NODE_OPTIONS=--import=${PRELOAD}\n`);
    }
    await house.mutu("auth", "admin", "create", ADMIN, "--email", "ada@example.org");
    await house.mutu("hosts", "add", "control", "--sudo");
    await admitAdministrator(control, web);
    house.added = await house.mutu("hosts", "add", "web1", "--ssh", `root@${web.ip}`, "--yes", ...(request.addWords ?? []));
    await house.startPanel();
  });
}

export interface ControlRequest {
  /** Drivers of the control machine; default: the lab's own. */
  daemons?: string;
  /** Machines beside it, which the panel does not know. */
  others?: NodeRequest[];
}

/** Raises the control machine alone, from a checkout; no panel runs, the command line publishes. */
export function raiseControl(source: string, { daemons, others = [] }: ControlRequest = {}): Promise<House> {
  return furnished(others, source, daemons ? { daemons } : {}, async () => undefined);
}

async function furnished(others: NodeRequest[], source: string, request: HouseRequest, furnish: (house: House) => Promise<void>): Promise<House> {
  const tree = await panelBinds(source);
  let lab: Lab | undefined;
  const close = async () => lab?.close();
  try {
    lab = await raiseLab({
      nodes: [{ name: "control", binds: [...tree, ...(request.binds ?? [])], ...(request.daemons && { daemons: request.daemons }) }, ...others],
    });
    const origin = request.origin ?? ORIGIN;
    const house = houseOf(lab, close, origin);
    const conf = (await house.control.readFile("/etc/mutu/panel.conf")).replace(
      /^MUTU_ORIGIN=.*$/m,
      [`MUTU_ORIGIN=${origin}`, ...(request.settings ?? [])].join("\n"),
    );
    await house.control.writeFile("/etc/mutu/panel.conf", conf, { mode: "640", owner: "root:mutu-panel" });
    await house.mutu("database", "migrate");
    await furnish(house);
    return house;
  } catch (error) {
    await close();
    throw error;
  }
}

/** The administrator's own login to a fresh machine, which Mutu never sees: an ssh key of root on control. */
async function admitAdministrator(control: LabNode, web: LabNode): Promise<void> {
  await control.must(["sh", "-c", "install -d -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519"]);
  await web.writeFile("/root/.ssh/authorized_keys", await control.readFile("/root/.ssh/id_ed25519.pub"), { mode: "600" });
  await web.must(["chmod", "700", "/root/.ssh"]);
  await control.writeFile("/root/.ssh/known_hosts", `${web.ip} ${await web.hostKey()}\n`, { mode: "600" });
}

function houseOf(lab: Lab, close: () => Promise<void>, origin: string): House {
  const control = lab.node("control");
  const web = lab.nodes.get("web1") ?? control;
  const keys = new Map<string, string>();
  const asPanel = ["setpriv", "--reuid", "mutu-panel", "--regid", "mutu-panel", "--init-groups", "--"];
  const inPanel = ["sh", "-c", 'cd /opt/mutu && exec "$@"', "in"];

  let nextRequest = 0;
  const turn = async () => {
    const pause = nextRequest - performance.now();
    nextRequest = Math.max(nextRequest, performance.now()) + BETWEEN_REQUESTS_MS;
    if (pause > 0) await wait(pause);
  };

  const database = new PanelSql(control, [...asPanel, ...inPanel]);
  const house: House = {
    ...{ lab, control, web, added: "" },
    async close() {
      database.close();
      await close();
    },
    mutu: (...words) => control.must(["mutu", ...words], { timeoutMs: COMMAND_MS }),
    ask: (url, options) => lab.fetch(web, url, options),
    async api(method, path, body, key) {
      const authorization = `Bearer ${key ?? (await house.keyFor(ADMIN))}`;
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) };
      await turn();
      const answer = await lab.fetch(control, `${origin}/api/v1${path}`, { method, headers, timeoutSeconds: ANSWER_SECONDS, ...content });
      return { status: answer.status, body: answer.body === "" ? null : JSON.parse(answer.body) };
    },
    async page(path, key) {
      await turn();
      const answer = await lab.fetch(control, `${origin}${path}`, { headers: { authorization: `Bearer ${key}`, "accept-language": "fr" } });
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}\n${answer.body}`);
      return answer.body;
    },
    async keyFor(login) {
      const known = keys.get(login);
      if (known !== undefined) return known;
      const key = `mutu_${randomBytes(32).toString("base64url")}`;
      const hash = createHash("sha256").update(key).digest("base64url");
      await house.sql(
        "INSERT INTO ApiToken (id, userId, name, hash, hint, createdAt) SELECT ?, id, 'test', ?, 'test', ? FROM User WHERE login = ?",
        hash,
        hash,
        new Date().toISOString(),
        login,
      );
      keys.set(login, key);
      return key;
    },
    sql: (text, ...values) => database.ask(text, values),
    async chip(site, ...states) {
      return until(
        `${site}: ${states.join(" or ")}`,
        async () => {
          const { status, body } = await house.api<SiteBody>("GET", `/sites/${site}`);
          if (status !== 200) throw new Error(JSON.stringify(body));
          return states.includes(body.chip.state) ? body : undefined;
        },
        CHIP_MS,
        CHIP_PAUSE_MS,
      );
    },
    async script(source, ...args) {
      const run = ["node", "--input-type=module", "-e", source, "--", ...args];
      return JSON.parse(await control.must([...asPanel, ...inPanel, ...run], { timeoutMs: COMMAND_MS }));
    },
    async startPanel() {
      await control.must(["systemctl", "daemon-reload"]);
      await control.must(["systemctl", "start", "mutu-panel"]);
      const answers = () =>
        lab.fetch(control, `${origin}/`, { timeoutSeconds: 5 }).then(
          ({ status }) => status === 200 || undefined,
          () => undefined,
        );
      await until("the panel", answers, PANEL_MS).catch(async (cause) => {
        throw new Error(await control.must(["journalctl", "-u", "mutu-panel", "--no-pager"]), { cause });
      });
    },
    async stopPanel() {
      await control.must(["systemctl", "stop", "mutu-panel"]);
    },
  };
  return house;
}
