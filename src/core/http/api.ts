/** The JSON API below /api/v1: what makes an answer JSON, the shape of errors, and the OpenAPI document made from the routes' schemas. */
import swagger from "@fastify/swagger";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";

export const API_PREFIX = "/api/v1";

/** Error answer of every API route. */
const ERROR_ANSWER = "ErrorAnswer";
const ErrorAnswer = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    fields: Type.Array(Type.Object({ field: Type.String(), code: Type.String(), message: Type.String() })),
    request: Type.Optional(Type.String({ description: "Reference to give to an administrator" })),
  }),
});

/** Is this request answered in JSON? Decided by the address only, so that an answer cannot be turned into a page by a header. */
export function isApi(request: FastifyRequest): boolean {
  return request.url === API_PREFIX || request.url.startsWith(`${API_PREFIX}/`);
}

/** Registers the OpenAPI document; must come before the routes. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema({ $id: ERROR_ANSWER, ...ErrorAnswer });
  await app.register(swagger, {
    refResolver: { buildLocalReference: (json) => (typeof json.$id === "string" ? json.$id : "Shape") },
    openapi: {
      openapi: "3.1.0",
      info: { title: "Mutu", version, description: "Every act of the panel. Log in with an API key: `Authorization: Bearer …`." },
      servers: [{ url: "/" }],
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }],
    },
    transform: ({ schema, url }) => {
      const page = !url.startsWith(API_PREFIX);
      return { schema: page ? { ...schema, hide: true } : schema, url };
    },
  });
}

/** Adds to each API route the shape of its errors and its tag, and stops the boot at a route that does not list its answer's fields (SECURITY.md 12). */
export function completeApiRoutes(api: FastifyInstance): void {
  api.addHook("onRoute", (route) => {
    const response = route.schema?.response as Record<string, unknown> | undefined;
    if (!response || Object.keys(response).length === 0) throw new Error(`${[route.method].flat().join(",")} ${route.url} declares no response schema`);
    route.schema = {
      tags: [route.url.slice(API_PREFIX.length + 1).split("/")[0] ?? ""],
      ...route.schema,
      response: { ...response, "4xx": response["4xx"] ?? { $ref: `${ERROR_ANSWER}#` } },
    };
  });
}
