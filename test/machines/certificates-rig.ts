/** pebble on the control machine, which asks the machine's own Knot for names. */
import { selfSigned } from "../../src/core/http/certificate.js";
import type { LabNode } from "./lab/node.js";
import { run, until } from "./lab/run.js";

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

/** What openssl sees, as anybody would: the certificate in PEM, its issuer and names. */
export async function shown(from: LabNode, address: string, port: number, name: string, starttls?: "ftp"): Promise<string> {
  const connect = ["openssl", "s_client", "-connect", `${address}:${port}`, "-servername", name, ...(starttls ? ["-starttls", starttls] : [])];
  const { stdout } = await run(from.networkArgv(connect), { input: "" });
  const { stdout: facts } = await run(["openssl", "x509", "-noout", "-issuer", "-subject", "-ext", "subjectAltName"], { input: stdout });
  return `${stdout}\n${facts}`;
}
