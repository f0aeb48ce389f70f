/** The door for whoever stands in front of the panel, or watches it from outside. */
import type { FastifyInstance } from "fastify";
import type { HealthDoor } from "./health.js";

const UNAVAILABLE = 503;

/** Mounts `/healthz`. It is not counted as a request of its address: a proxy's is everybody's, and the answer costs nothing. */
export function healthPage(app: FastifyInstance, health: HealthDoor): void {
  app.addHook("preClose", async () => health.close());
  app.get("/healthz", { config: { access: "public", rateLimit: false } }, async (_request, reply) => {
    const word = await health.ask();
    return reply
      .code(word === "ok" ? 200 : UNAVAILABLE)
      .type("text/plain; charset=utf-8")
      .send(`${word}\n`);
  });
}
