/**
 * Schemas of routes are compiled when a request first needs them. Fastify does it at boot, for some six hundred of them, of which most programs meet a
 * few: three quarters of the boot's time, and memory that an idle panel would hold for nothing. `compileAll` does it at once, for the test that a schema is one.
 */
import AjvCompiler from "@fastify/ajv-compiler";
import SerializerSelector from "@fastify/fast-json-stringify-compiler";
import type { FastifyInstance, FastifyServerOptions } from "fastify";

type Controller = NonNullable<FastifyServerOptions["schemaController"]>;
/** A compiler as both packages make it: schemas of the whole context → one route's schema → what checks or writes its data. */
type Build = (schemas: unknown, options: unknown) => (route: unknown) => Checker;

/** By application: what has been put off. */
const putOff = new WeakMap<object, (() => unknown)[]>();

export interface LazySchemas {
  /** For Fastify's own options. */
  controller: Controller;
  /** Lets `compileAll` find what this application put off. */
  belongTo(app: FastifyInstance): void;
}

/** Makes compilers that put the work off, each schema once. */
export function lazySchemas(): LazySchemas {
  const waiting: (() => unknown)[] = [];
  const putOffBy = (build: Build): Build => {
    return (schemas, options) => {
      const compile = once(() => build(schemas, options));
      return (route) => {
        const made = once(() => compile()(route));
        waiting.push(made);
        return lazyChecker(made);
      };
    };
  };
  const compilersFactory = {
    buildValidator: putOffBy(AjvCompiler() as unknown as Build),
    buildSerializer: putOffBy(SerializerSelector() as unknown as Build),
  };
  return {
    controller: { compilersFactory } as unknown as Controller,
    belongTo: (app) => void putOff.set(app.server, waiting),
  };
}

/** Compiles every schema of an application; throws what the first wrong one makes its compiler throw. Returns how many. */
export function compileAll(app: FastifyInstance): number {
  const waiting = putOff.get(app.server) ?? [];
  for (const compile of waiting) compile();
  return waiting.length;
}

/** What is made of a schema; one of Ajv's leaves what it found on itself. */
interface Checker {
  (data: unknown): unknown;
  errors?: unknown;
}

function lazyChecker(made: () => Checker): Checker {
  const check: Checker = (data) => {
    const checker = made();
    const passed = checker(data);
    check.errors = checker.errors;
    return passed;
  };
  return check;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
