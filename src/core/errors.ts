/** Refusals: what a person or a program may be told. Anything else that is thrown is our own fault and answers 500. */

/** Values for the sentence of a code. */
export type ErrorData = Record<string, string | number>;

/** One refused field of a form or of a JSON body. */
export interface FieldError {
  field: string;
  code: string;
  data?: ErrorData;
}

/** An expected refusal: a code (`sites.address_taken` has its sentence in `sites.errors.address_taken`), its data and an HTTP status. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;
  readonly status: number;
  readonly data: ErrorData;
  readonly fields: readonly FieldError[];

  constructor(status: number, code: string, data: ErrorData = {}, fields: readonly FieldError[] = [], cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.data = data;
    this.fields = fields;
  }
}

/** Makes a refusal of one value: 422, at `field` when given. */
export function invalid(code: string, data: ErrorData = {}, field?: string): Refusal {
  return new Refusal(422, code, data, field === undefined ? [] : [{ field, code, data }]);
}

/** Makes a refusal of several fields at once: 422; the first one gives the code of the whole. */
export function invalidFields(fields: readonly FieldError[]): Refusal {
  const first = fields[0];
  if (!first) throw new TypeError("invalidFields needs at least one field");
  return new Refusal(422, first.code, first.data ?? {}, fields);
}

/** Makes a refusal because of what exists already or changed meanwhile: 409, at `field` when given. */
export function conflict(code: string, data: ErrorData = {}, field?: string): Refusal {
  return new Refusal(409, code, data, field === undefined ? [] : [{ field, code, data }]);
}

/** Makes the answer for what does not exist, or not for this person: 404. */
export function notFound(code: string, data: ErrorData = {}): Refusal {
  return new Refusal(404, code, data);
}

/** Makes a refusal of a right that the person knows to lack: 403. */
export function forbidden(code: string, data: ErrorData = {}): Refusal {
  return new Refusal(403, code, data);
}

/** Makes the answer for a person who must log in first: 401. */
export function unauthenticated(code: string, data: ErrorData = {}): Refusal {
  return new Refusal(401, code, data);
}

/** Makes the answer for what was asked too often: 429. */
export function tooMany(code: string, data: ErrorData = {}): Refusal {
  return new Refusal(429, code, data);
}

/** Tells a refusal from a fault of our own. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Refusal;
}

/** Gives the message key of a code: `sites.address_taken` → `sites.errors.address_taken`. */
export function messageKey(code: string): string {
  const dot = code.indexOf(".");
  return dot < 0 ? `core.errors.${code}` : `${code.slice(0, dot)}.errors.${code.slice(dot + 1)}`;
}
