/** The composition root: core's HTTP side and every discovered feature make one application. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { API_PREFIX, completeApiRoutes } from "./core/http/api.js";
import { type ApplicationParts, createApplication } from "./core/http/application.js";
import type { KnownRoute } from "./core/http/access.js";
import type { Services } from "./core/services.js";
import { createText } from "./core/text.js";
import { createIdentity } from "./features/auth/index.js";
import { decorateLanding } from "./features/home/index.js";

/** The checkout, or the installed tree. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

export interface BuiltApp {
  app: FastifyInstance;
  /** Every route, as generated tests walk them. */
  routes: KnownRoute[];
}

/** Composes the application; the caller listens, or injects. */
export async function buildApp(services: Services, options: Partial<Pick<ApplicationParts, "requestsPerMinute" | "heartbeatSeconds" | "text">> = {}): Promise<BuiltApp> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const text = createText(join(ROOT, "views"), { lenient: services.env.mode === "production" });
  const { app, routes } = await createApplication({ services, identity: createIdentity(services), root: ROOT, version, text, ...options });
  decorateLanding(app, services);
  for (const { pages } of services.features) {
    if (pages) await app.register(async (scope) => pages(scope, services));
  }
  await app.register(
    async (api) => {
      completeApiRoutes(api);
      api.get("/openapi.json", { config: { access: "public" }, schema: { hide: true, response: { 200: {} } } }, () => app.swagger());
      for (const feature of services.features) {
        if (feature.api) await api.register(async (scope) => feature.api?.(scope, services));
      }
    },
    { prefix: API_PREFIX },
  );
  await app.ready();
  return { app, routes };
}
