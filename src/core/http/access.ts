/** Who may call a route. A route that does not say so stops the boot: nothing is open by forgetting (SECURITY.md 8). */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { Actor } from "../context.js";
import { forbidden, notFound, type Refusal, unauthenticated } from "../errors.js";
import type { Access } from "../feature.js";
import { accountsWith, rolesWith } from "../ownership.js";
import { isApi } from "./api.js";

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** A route as the generated tests walk it. */
export interface KnownRoute {
  method: string;
  url: string;
  access: Access;
  /** Schema of the JSON body, when it has one. */
  body: unknown;
}

/** Checks each route when it is added, and each request before anything else looks at it; gives the list of routes. */
export function guardRoutes(app: FastifyInstance): KnownRoute[] {
  const routes: KnownRoute[] = [];
  app.addHook("onRoute", (route) => {
    const access = declaredAccess(route);
    for (const method of [route.method].flat()) routes.push({ method, url: route.url, access, body: route.schema?.body });
  });
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) return;
    const access = request.routeOptions.config.access;
    if (!access) throw new Error(`${request.method} ${request.url} has no access policy`);
    const refusal = refusalOf(request.actor, access);
    if (!refusal) return;
    if (refusal.status === 401 && !isApi(request)) return leadToLogin(request, reply);
    throw refusal;
  });
  return routes;
}

function declaredAccess(route: RouteOptions): Access {
  const access = route.config?.access;
  if (!access) throw new Error(`${[route.method].flat().join(",")} ${route.url} declares no access policy: add config: { access: … }`);
  if (typeof access === "object") rolesWith(access.permission);
  return access;
}

/** Decides: null lets the actor in. Administration does not show itself to those who are not administrators. */
export function refusalOf(actor: Actor, access: Access): Refusal | null {
  if (access === "public") return null;
  if (actor.kind === "nobody") return unauthenticated("shell.log_in");
  if (access === "user") return null;
  if (access === "admin") return actor.kind === "user" && !actor.admin ? notFound("shell.not_found") : null;
  const accounts = accountsWith(actor, access.permission);
  return accounts === null || accounts.length > 0 ? null : forbidden("shell.forbidden");
}

/** Sends a browser to the login page, which leads back; only GET is worth coming back to. */
function leadToLogin(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const back = request.method === "GET" && request.url !== "/" ? `?next=${encodeURIComponent(request.url)}` : "";
  return reply.redirect(`/login${back}`, 303);
}
