/** The HTTP side of the house, empty: security headers, sessions, rights, pages, failures. Features bring the routes. */
import { hkdfSync, randomUUID } from "node:crypto";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import sensible from "@fastify/sensible";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import type { Services } from "../services.js";
import type { Text } from "../text.js";
import { guardRoutes, type KnownRoute } from "./access.js";
import { registerOpenApi } from "./api.js";
import { registerCsrf } from "./csrf.js";
import { registerFailures } from "./failure.js";
import { type Identity, identify } from "./identity.js";
import { ajvOptions } from "./input.js";
import { lazySchemas } from "./lazy-schemas.js";
import { followOwnCertificate, type OwnCertificate, readOwnCertificate, secureOptions } from "./own-certificate.js";
import { registerPages } from "./pages.js";
import { registerSessions } from "./sessions.js";
import { followConnections } from "./silent-connections.js";
import { registerStreams } from "./stream.js";
import { createViews } from "./views.js";

const BODY_BYTES = 262_144;
const REQUESTS_PER_MINUTE = 600;
const PUBLIC_CACHE = "public, max-age=31536000, immutable";

export interface ApplicationParts {
  services: Services;
  text: Text;
  identity: Identity;
  /** The checkout or the installed tree: holds views/ and public/. */
  root: string;
  version: string;
  /** Requests of one address in a minute; tests raise it. */
  requestsPerMinute?: number;
  /** Seconds between the beats of a stream; tests shorten it. */
  heartbeatSeconds?: number;
}

/** An application without routes of features, and the routes that will have been added to it. */
export interface Application {
  app: FastifyInstance;
  routes: KnownRoute[];
}

/** Makes the application; the order of the registrations is the order in which a request meets them. */
export async function createApplication(parts: ApplicationParts): Promise<Application> {
  const { services, text, identity, root } = parts;
  const own = services.env.tls && readOwnCertificate(services.env.tls);
  const app = createFastify(services, own);
  if (services.env.tls && own) followOwnCertificate(app, services.env.tls, own);
  await app.register(sensible);
  await app.register(helmet, securityHeaders(services));
  await app.register(cookie);
  await app.register(rateLimit, {
    max: parts.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    timeWindow: "1 minute",
    addHeaders: quiet,
    addHeadersOnExceeding: quiet,
  });
  await app.register(formbody, { bodyLimit: BODY_BYTES });
  app.removeContentTypeParser("text/plain");
  await registerSessions(app, identity);
  identify(app, services, identity);
  registerPages(app, services, text, createViews(join(root, "views"), text, join(root, "public")));
  await registerOpenApi(app, parts.version);
  const routes = guardRoutes(app);
  await registerCsrf(app, deriveKey(services, "mutu forms"), services.env.origin);
  registerStreams(app, identity, parts.heartbeatSeconds);
  registerFailures(app);
  await servePublicFiles(app, join(root, "public"));
  keepNothing(app);
  logAnswers(app);
  return { app, routes };
}

function createFastify(services: Services, own: OwnCertificate | null): FastifyInstance {
  const { env, log } = services;
  const schemas = lazySchemas();
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request" }),
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES,
    // Each name once, each value a text: what is repeated does not become a list that a query of the database would then be asked with.
    routerOptions: { querystringParser: (text: string) => Object.fromEntries(new URLSearchParams(text)) },
    // An empty list trusts nobody: the address is that of the connection (SECURITY.md 16).
    trustProxy: env.trustedProxies.length > 0 ? env.trustedProxies : false,
    ajv: ajvOptions,
    schemaController: schemas.controller,
    ...(own && { https: secureOptions(own) }),
  }) as unknown as FastifyInstance;
  schemas.belongTo(app);
  const endSilent = followConnections(app.server);
  app.addHook("preClose", async () => endSilent());
  return app;
}

function securityHeaders(services: Services) {
  const own = ["'self'"];
  const nothing = ["'none'"];
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: nothing,
        scriptSrc: own,
        styleSrc: own,
        imgSrc: [...own, "data:"],
        fontSrc: own,
        connectSrc: own,
        formAction: own,
        frameAncestors: nothing,
        baseUri: nothing,
        objectSrc: nothing,
      },
    },
    // With no-referrer browsers would send "Origin: null" on our own forms.
    referrerPolicy: { policy: "same-origin" as const },
    // A trial on localhost must not force HTTPS on its neighbours' ports.
    hsts: services.env.mode === "production" ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    xFrameOptions: { action: "deny" as const },
  };
}

/** Only who must wait is told how long. */
const quiet = { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false };

function deriveKey(services: Services, purpose: string): Buffer {
  const { keys, current } = services.env.keys;
  const key = keys.get(current);
  if (!key) throw new Error("the key file holds no key");
  return Buffer.from(hkdfSync("sha256", key, "", purpose, 32));
}

async function servePublicFiles(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, { root: folder, serve: false, cacheControl: false });
  app.get<{ Params: { "*": string } }>("/public/*", { config: { access: "public", rateLimit: false } }, (request, reply) =>
    reply.header("cache-control", PUBLIC_CACHE).sendFile(request.params["*"]),
  );
}

/** What a route does not allow to be kept is kept by no cache: answers of the API too may hold a key or a password that is shown once. */
function keepNothing(app: FastifyInstance): void {
  app.addHook("onSend", async (_request, reply) => {
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
}

/** One line per answer: the route's pattern, never the query, which could hold what a person typed. */
function logAnswers(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    const { actor } = request;
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? "unknown",
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
        address: request.ip,
        ...(actor?.kind === "user" && { user: actor.userId }),
      },
      "answered",
    );
  });
}
