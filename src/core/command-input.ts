/** Words of a command line, parsed by the act's own schema: the same rule as for forms and JSON. */

import type { FastifySchemaValidationError } from "fastify/types/schema.js";
import type { Static, TSchema } from "typebox";
import Value from "typebox/value";
import { invalidFields } from "./errors.js";
import { fieldErrors } from "./http/input.js";

/** Reads options as commander gives them; throws a refusal that names each option. What was not given is left out. */
export function parseCommand<S extends TSchema>(schema: S, options: Record<string, unknown>): Static<S> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const input = Value.Convert(schema, Value.Default(schema, given));
  const errors = saying(Value.Errors(schema, input) as unknown as FastifySchemaValidationError[]);
  if (errors.length > 0) throw invalidFields(fieldErrors(errors));
  return input as Static<S>;
}

/** A union fails as a whole too; where one of its parts says more than "not this constant", the part is what people can use. */
function saying(errors: FastifySchemaValidationError[]): FastifySchemaValidationError[] {
  const told = new Set(errors.filter(({ keyword }) => keyword !== "anyOf" && keyword !== "const").map(({ instancePath }) => instancePath));
  return errors.filter(({ keyword, instancePath }) => keyword !== "anyOf" || !told.has(instancePath));
}
