/** The settings in the JSON API. */
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { SettingsInput, SettingsOutput } from "./schemas.js";
import { changeSettings, readSettings } from "./settings.js";

const admin = { access: "admin" as const };

/** Adds the routes below /api/v1. */
export function addApi(instance: FastifyInstance): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  app.get("/settings", { config: admin, schema: { response: { 200: SettingsOutput } } }, async (request) => readSettings(request.ctx.db));
  app.put("/settings", { config: admin, schema: { body: SettingsInput, response: { 200: SettingsOutput } } }, async (request) =>
    changeSettings(request.ctx, request.body),
  );
}
