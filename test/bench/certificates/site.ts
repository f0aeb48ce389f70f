/** A server in Apache's place, in a process of its own: every site's page and form, as the visitors of the benches ask for them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerLines } from "../publish/lines.js";

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => response.end(request.method === "POST" ? `got ${body}` : `plain ${request.headers.host}`));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
await answerLines({ port: () => (server.address() as AddressInfo).port });
server.close();
server.closeAllConnections();
