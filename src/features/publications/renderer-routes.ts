/** The page and the API of a new renderer: how far it is, what it changed for the first account, and the word that lets it go on. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { applyRenderer, getRendererChange, rendererBody, rendererFiles } from "./renderer.js";
import { RendererOutput } from "./schemas.js";
import { sayTo } from "./shown.js";

const admin = { access: "admin" } as const;
const CHIPS: Record<string, string> = {
  trying: "published",
  waiting: "held",
  applying: "published",
  done: "verified",
  failed: "failed",
  superseded: "waiting",
};
const HOST_CHIPS: Record<string, string> = { pending: "waiting", done: "verified", failed: "failed" };

/** Mounts the page. */
export function rendererPages(app: FastifyInstance, services: Services): void {
  app.get("/publications/renderer", { config: admin }, draw);
  app.post(
    "/publications/renderer",
    { config: admin },
    form({
      schema: Type.Object({}),
      async act(ctx) {
        await applyRenderer(ctx);
        goOn(services);
        return { to: "/publications/renderer", says: "publications.renderer.started" };
      },
      again: draw,
    }),
  );

  async function draw(request: FastifyRequest, reply: FastifyReply) {
    const change = await getRendererChange(request.ctx);
    if (change === null) return reply.page("publications/renderer", { change: null });
    const body = await rendererBody(request.ctx, sayTo(request), change);
    return reply.page("publications/renderer", {
      change: { ...body, chip: CHIPS[body.state] ?? "waiting", hosts: body.hosts.map((host) => ({ ...host, chip: HOST_CHIPS[host.state] ?? "waiting" })) },
      first: body.first === null ? null : firstOf(body.state, body.hosts),
      decidable: body.state === "waiting" || body.state === "failed",
      files: await rendererFiles(request.ctx, publisherOf(services).store, change),
    });
  }
}

/** Mounts it for programs. */
export function rendererApi(app: FastifyInstance, services: Services): void {
  app.get("/publications/renderer", { config: admin, schema: { response: { 200: Type.Union([RendererOutput, Type.Null()]) } } }, async (request) => {
    const change = await getRendererChange(request.ctx);
    return change === null ? null : rendererBody(request.ctx, sayTo(request), change);
  });
  app.post("/publications/renderer/apply", { config: admin, schema: { response: { 202: RendererOutput } } }, async (request, reply) => {
    const change = await applyRenderer(request.ctx);
    goOn(services);
    return reply.code(202).send(await rendererBody(request.ctx, sayTo(request), change));
  });
}

/** Begins without being waited for; what this process cannot end, the job ends. */
function goOn(services: Services): void {
  publisherOf(services)
    .advanceRenderer()
    .catch((error: unknown) => services.log.error({ err: error }, "a new renderer could not go on"));
}

/** How the first account is: it stopped there, is under way, or is as it should be. */
function firstOf(state: string, hosts: readonly { state: string }[]): "trying" | "failed" | "verified" {
  if (state === "trying") return "trying";
  return state === "failed" && hosts.every((host) => host.state === "pending") ? "failed" : "verified";
}
