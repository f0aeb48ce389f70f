/** The composition root: core's HTTP side and every discovered feature make one application. */
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { programRoot } from "./boot.js";
import type { KnownRoute } from "./core/http/access.js";
import { API_PREFIX, completeApiRoutes } from "./core/http/api.js";
import { type ApplicationParts, createApplication } from "./core/http/application.js";
import type { Services } from "./core/services.js";
import { createText } from "./core/text.js";
import { programVersion } from "./core/version.js";
import { createIdentity } from "./features/auth/index.js";
import { decorateLanding } from "./features/home/index.js";

export interface BuiltApp {
  app: FastifyInstance;
  /** Every route, as generated tests walk them. */
  routes: KnownRoute[];
}

export type AppOptions = Partial<Pick<ApplicationParts, "requestsPerMinute" | "heartbeatSeconds" | "text">>;

/** Composes the application; the caller listens, or injects. */
export async function buildApp(services: Services, options: AppOptions = {}): Promise<BuiltApp> {
  const text = options.text ?? createText(join(programRoot, "views"), { lenient: services.env.mode === "production" });
  const parts = { services, identity: createIdentity(services), root: programRoot, version: programVersion() };
  const { app, routes } = await createApplication({ ...parts, ...options, text });
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
