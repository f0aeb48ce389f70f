/** One member with one PHP site, as the three daemons render it. */
import { daemon as apache } from "../../../src/daemons/apache/daemon.js";
import { daemon as nginx } from "../../../src/daemons/nginx/daemon.js";
import { daemon as phpFpm } from "../../../src/daemons/php-fpm/daemon.js";
import type { AccountWebState, PhpState } from "../../../src/features/sites/role.js";
import type { HostFacts } from "../../../src/publish/contract.js";
import type { LabNode } from "./node.js";
import type { Owned } from "./release.js";

export const SITE_NAME = "amis.example.org";
export const MEMBER_NUMBER = 2001;
export const MEMBER_HOME = `/srv/mutu/homes/${MEMBER_NUMBER}`;
const PROBE = "3f1c7b0a9d2e4f60518273645566778899aabbccddeeff001122334455667788";
const WALL_USER = "1990";

const host: HostFacts = { id: "h", name: "web1", homes: "/srv/mutu/homes", options: {} };
const account = { number: MEMBER_NUMBER, login: "amis" };
const pool = { version: "8.2", master: "m00", socket: "6f0c2d9e41b7a853.sock" };

const web: AccountWebState = {
  ...{ kind: "account", account, home: MEMBER_HOME, connectionLimit: 20 },
  sites: [
    {
      ...{ id: "a", names: [SITE_NAME], canonical: null, forceHttps: false, hstsSeconds: null },
      serve: { kind: "folder", root: `${MEMBER_HOME}/www`, php: { ...pool, values: { memory_limit: "64M" } }, index: ["index.php"], errorPages: {} },
    },
  ],
};
const php: PhpState = { account, ...pool, home: MEMBER_HOME, memoryMb: 128, timeSeconds: 30, uploadMb: 16, workers: 3, envelope: "amis@web1" };

/** Makes the member's home and document folder, with this as index.php. */
export async function layHome(node: LabNode, page: string): Promise<void> {
  const uid = MEMBER_NUMBER;
  await node.must(["install", "-d", "-o", WALL_USER, "-g", `${uid}`, "-m", "0170", MEMBER_HOME]);
  await node.must(["mkdir", "-p", `${MEMBER_HOME}/www`], { uid });
  await node.must(["sh", "-c", 'cat > "$1"', "page", `${MEMBER_HOME}/www/index.php`], { uid, input: page });
}

/** Every file of the member's units, for publishByHand. */
export function memberFiles(): Owned {
  const files = [
    ...apache.render({ key: "2001", state: web, host }, PROBE).map(({ path, content }) => [`apache/${path}`, content] as const),
    ...nginx.render({ key: "2001", state: web, host }, PROBE).map(({ path, content }) => [`nginx/${path}`, content] as const),
    ...phpFpm.render({ key: "2001/8.2", state: php, host }, PROBE).map(({ path, content }) => [`php-fpm/${path}`, content] as const),
  ];
  return new Map([[`${MEMBER_NUMBER}`, new Map(files)]]);
}
