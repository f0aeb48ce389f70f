/** pebble on the control machine, which asks the machine's own Knot for names; and a clock that is wrong for one program. */
import { readdirSync } from "node:fs";
import { selfSigned } from "../../src/core/http/certificate.js";
import type { LabNode } from "./lab/node.js";
import { run, until } from "./lab/run.js";
import type { House } from "./main-job/rig.js";

const FOLDER = "/var/lib/pebble";

export class Authority {
  static readonly roots = `${FOLDER}/cert.pem`;
  readonly directory = "https://10.77.0.1:14000/dir";
  readonly #node: LabNode;

  constructor(node: LabNode) {
    this.#node = node;
  }

  /** Starts it with what the tests of a moment need; all that it knew is forgotten. */
  async start({ nonceReject = 0, validSeconds }: { nonceReject?: number; validSeconds?: number } = {}): Promise<void> {
    const { certificate, key } = selfSigned(["localhost"], ["10.77.0.1"], new Date());
    const pebble = {
      ...{ listenAddress: "10.77.0.1:14000", managementListenAddress: "10.77.0.1:15000", httpPort: 80, tlsPort: 443, ocspResponderURL: "" },
      ...{ certificate: Authority.roots, privateKey: `${FOLDER}/key.pem`, externalAccountBindingRequired: false },
      ...(validSeconds && { certificateValidityPeriod: validSeconds }),
    };
    if ((await this.#node.exec(["test", "-e", Authority.roots])).status !== 0) {
      await this.#node.writeFile(Authority.roots, certificate, { mode: "644" });
      await this.#node.writeFile(`${FOLDER}/key.pem`, key);
    }
    await this.#node.writeFile(`${FOLDER}/config.json`, JSON.stringify({ pebble }));
    const unit = [
      "[Service]",
      `Environment=PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=${nonceReject} PEBBLE_AUTHZREUSE=0`,
      `ExecStart=/usr/local/bin/pebble -config ${FOLDER}/config.json -dnsserver 10.77.0.1:53`,
    ];
    await this.#node.writeFile("/run/systemd/system/pebble.service", `${unit.join("\n")}\n`);
    await this.#node.must(["systemctl", "daemon-reload"]);
    await this.#node.must(["systemctl", "restart", "pebble"]);
    await until("pebble", async () => (await run(this.#node.networkArgv(["curl", "-sk", "--max-time", "2", this.directory]))).status === 0 || undefined);
  }

  /** What it says of a certificate, by its serial number in hexadecimal. */
  async statusOf(serial: string): Promise<string> {
    return (await run(this.#node.networkArgv(["curl", "-sk", `https://10.77.0.1:15000/cert-status-by-serial/${serial.toLowerCase()}`]))).stdout;
  }

  async stop(): Promise<void> {
    await this.#node.must(["systemctl", "stop", "pebble"]);
  }
}

/** The library that tells a program another time: the kernel keeps one clock for all namespaces. */
export const CLOCK = { mode: "ro", source: clockLibrary(), target: "/usr/local/lib/another-time.so" } as const;

function clockLibrary(): string {
  const folder = readdirSync("/usr/lib").find((name) => name.endsWith("-linux-gnu"));
  return `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`;
}

/** Calls `mutu` as the panel's user, for whom it is now so much later or earlier (`+60d`). */
export async function atAnotherTime(node: LabNode, jump: string, words: readonly string[]): Promise<void> {
  const user = ["setpriv", "--reuid", "mutu-panel", "--regid", "mutu-panel", "--init-groups", "--"];
  const time = [`LD_PRELOAD=${CLOCK.target}`, `FAKETIME=${jump}`, "FAKETIME_DONT_FAKE_MONOTONIC=1"];
  const env = ["env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/var/lib/mutu-panel", ...time];
  await node.must([...user, ...env, "node", "/opt/mutu/dist/cli.js", ...words]);
}

/** Runs jobs of the panel to their end, one after the other; one that is under way by itself answers that it is busy. */
export async function runJobs(house: House, ...jobs: string[]): Promise<void> {
  for (const job of jobs) {
    const { status, body } = await house.api("POST", `/jobs/${job}/runs`);
    if (status !== 200 && status !== 409) throw new Error(`${job}: ${status} ${JSON.stringify(body)}`);
  }
}

/** What openssl sees, as anybody would: the certificate in PEM, its issuer and names. */
export async function shown(from: LabNode, address: string, port: number, name: string, starttls?: "ftp"): Promise<string> {
  const connect = ["openssl", "s_client", "-connect", `${address}:${port}`, "-servername", name, ...(starttls ? ["-starttls", starttls] : [])];
  const { stdout } = await run(from.networkArgv(connect), { input: "" });
  const { stdout: facts } = await run(["openssl", "x509", "-noout", "-issuer", "-subject", "-ext", "subjectAltName"], { input: stdout });
  return `${stdout}\n${facts}`;
}
