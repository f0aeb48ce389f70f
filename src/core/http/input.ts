/** Input parsed once at the border by the act's own schema, the same for forms and JSON; what it refuses is told field by field. */
import type { FastifyRequest } from "fastify";
import type { FastifySchemaValidationError } from "fastify/types/schema.js";
import type { Static, TSchema } from "typebox";
import { type FieldError, invalidFields } from "../errors.js";

/** Options of Ajv for forms and API alike. `refusal` in a schema names the code to tell instead of a general one. */
export const ajvOptions = {
  customOptions: { allErrors: true, coerceTypes: "array" as const, removeAdditional: false, useDefaults: true, verbose: true, keywords: ["refusal"] },
};

interface Property {
  type?: string;
  format?: string;
}

/** Parses what a form sent; throws a refusal that names each field. Spaces around a text are dropped, but not in a password. */
export function parseInput<S extends TSchema>(request: FastifyRequest, schema: S, body: Record<string, unknown>): Static<S> {
  const shape = schema as unknown as { properties?: Record<string, Property>; required?: string[] };
  const input: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(shape.properties ?? {})) {
    const value = trimmed(body[name], property);
    // An empty field that may be left out was left out.
    if (value === undefined || (value === "" && !shape.required?.includes(name))) continue;
    input[name] = property.type === "array" && !Array.isArray(value) ? [value] : value;
  }
  const validate = request.compileValidationSchema(schema);
  if (validate(input)) return input as Static<S>;
  throw invalidFields(fieldErrors((validate as unknown as { errors: FastifySchemaValidationError[] | null }).errors ?? []));
}

function trimmed(value: unknown, property: Property): unknown {
  if (Array.isArray(value)) return value.map((item) => trimmed(item, property)).filter((item) => item !== "");
  return typeof value === "string" && property.format !== "password" ? value.trim() : value;
}

/** Turns what Ajv says into codes with sentences, one per field. */
export function fieldErrors(errors: readonly FastifySchemaValidationError[]): FieldError[] {
  const found = new Map<string, FieldError>();
  for (const error of errors) {
    const { code, data } = codeOf(error);
    const field = fieldOf(error);
    // A choice is refused once for each value offered, and then as a whole.
    if (!found.has(field) || code === "shell.choice") found.set(field, { field, code, data });
  }
  return [...found.values()];
}

function fieldOf(error: FastifySchemaValidationError): string {
  const path = error.instancePath.split("/").slice(1);
  const { missingProperty, additionalProperty } = error.params as { missingProperty?: string; additionalProperty?: string };
  return [...path, missingProperty ?? additionalProperty ?? ""].filter((part) => part !== "").join(".");
}

function codeOf(error: FastifySchemaValidationError): { code: string; data: Record<string, string | number> } {
  const { data: value, parentSchema } = error as unknown as { data?: unknown; parentSchema?: { refusal?: string } };
  const limit = Number((error.params as { limit?: number }).limit ?? 0);
  const plain = (code: string) => ({ code, data: {} });
  if (error.keyword === "required" || (value === "" && error.keyword !== "maxLength")) return plain("shell.required");
  if (parentSchema?.refusal) return plain(parentSchema.refusal);
  switch (error.keyword) {
    case "minLength":
    case "minItems":
      return limit <= 1 ? plain("shell.required") : { code: "shell.too_short", data: { limit } };
    case "maxLength":
    case "maxItems":
      return { code: "shell.too_long", data: { limit } };
    case "minimum":
    case "exclusiveMinimum":
      return { code: "shell.too_small", data: { limit } };
    case "maximum":
    case "exclusiveMaximum":
      return { code: "shell.too_big", data: { limit } };
    case "enum":
    case "const":
    case "anyOf":
      return plain("shell.choice");
    case "additionalProperties":
      return plain("shell.unknown_field");
    case "type":
      return plain(/number|integer/.test(String((error.params as { type?: unknown }).type)) ? "shell.number" : "shell.format");
    case "format":
      return plain((error.params as { format?: string }).format === "email" ? "shell.email" : "shell.format");
    default:
      return plain("shell.format");
  }
}
