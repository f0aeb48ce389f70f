/** Forms with files (RFC 7578), for the few routes that take them: bounded in size, in memory, read by Node's own reader. Works without a script in the page. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { invalid } from "../errors.js";

/** Lets the routes of a plugin take `multipart/form-data`: texts become texts, chosen files Buffers; a field that comes twice is a list. */
export function acceptFiles(app: FastifyInstance, maxBytes: number): void {
  app.addContentTypeParser("multipart/form-data", { parseAs: "buffer", bodyLimit: maxBytes }, async (request: FastifyRequest, body: Buffer) => {
    const fields: Record<string, unknown> = Object.create(null);
    for (const [name, value] of await entriesOf(body, request.headers["content-type"] ?? "")) {
      // Browsers send a file field in which nothing was chosen as an empty file without a name.
      if (typeof value !== "string" && value.size === 0) continue;
      const content = typeof value === "string" ? value : Buffer.from(await value.arrayBuffer());
      const known = fields[name];
      fields[name] = known === undefined ? content : [known, content].flat();
    }
    return fields;
  });
}

async function entriesOf(body: Buffer, type: string) {
  try {
    return [...(await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData())];
  } catch {
    throw invalid("shell.format");
  }
}
