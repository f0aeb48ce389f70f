/** One order (RFC 8555 §7.4): names that fail are told, and ordered again without them. Knows neither database nor clock. */
import type { Secret } from "../../../core/secret.js";
import type { Authority, Authorization, Order } from "./authority.js";
import { AcmeFault, type NameFault, problemOf } from "./fault.js";

export interface Wanted {
  name: string;
  method: "http" | "dns";
}

/** How proofs by DNS are shown; gives the names whose proof could not be, with the reason. */
export interface Proofs {
  show(proofs: { name: string; value: string }[]): Promise<Map<string, string>>;
  hide(proofs: { name: string; value: string }[]): Promise<void>;
}

export interface Obtained {
  chain: string;
  key: Secret;
  /** What it covers. */
  names: string[];
}

export interface OrderResult {
  /** null: no name was left. */
  obtained: Obtained | null;
  failed: NameFault[];
}

export interface OrderHooks {
  proofs: Proofs;
  /** Before each order; a refusal of the budget is thrown here. */
  placing(names: string[]): Promise<void>;
  /** Identifier of the certificate that this one replaces (RFC 9773 §5). */
  replaces: string | null;
  /** Key that the certificate is asked for with again; null: a fresh one. */
  key: Secret | null;
}

const ROUNDS = 4;
const POLL_FIRST_MS = 500;
const POLL_MOST_MS = 5000;
const PATIENCE_MS = 120_000;

/** Orders a certificate for as many of the names as the authority gives one for. */
export async function orderCertificate(authority: Authority, wanted: readonly Wanted[], hooks: OrderHooks): Promise<OrderResult> {
  const failed: NameFault[] = [];
  let left = [...wanted];
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    const names = left.map(({ name }) => name);
    await hooks.placing(names);
    const tried = await tryOrder(authority, left, hooks);
    if ("chain" in tried) return { obtained: tried, failed };
    failed.push(...tried.failed);
    left = left.filter(({ name }) => !tried.failed.some((one) => one.name === name));
  }
  return { obtained: null, failed };
}

async function tryOrder(authority: Authority, wanted: readonly Wanted[], hooks: OrderHooks): Promise<Obtained | { failed: NameFault[] }> {
  const names = wanted.map(({ name }) => name);
  let order: Order;
  try {
    order = await placeOrder(authority, names, hooks.replaces);
  } catch (error) {
    // Some names may be refused at once, by policy or by CAA.
    return { failed: namedIn(error, names) };
  }
  const failed = await prove(authority, order, wanted, hooks.proofs);
  if (failed.length > 0) return { failed };
  const { key, csr } = await authority.request(names, hooks.key);
  try {
    order = await authority.client.finalizeOrder(await ready(authority, order), csr);
  } catch (error) {
    return { failed: namedIn(error, names) };
  }
  const done = await poll(
    () => authority.client.getOrder(order),
    ({ status }) => status !== "processing" && status !== "ready" && status !== "pending",
  );
  if (done?.status !== "valid") throw orderFault(done);
  return { chain: await authority.client.getCertificate(done), key, names };
}

/** An authority that does not know what is to be replaced, or whose certificate was replaced already, is asked without (RFC 9773 §5). */
async function placeOrder(authority: Authority, names: readonly string[], replaces: string | null): Promise<Order> {
  const identifiers = names.map((value) => ({ type: "dns", value }));
  if (replaces === null) return authority.client.createOrder({ identifiers });
  try {
    return await authority.client.createOrder({ identifiers, replaces } as Parameters<typeof authority.client.createOrder>[0]);
  } catch (error) {
    if (error instanceof AcmeFault && error.kind === "refused" && error.names.length === 0) return authority.client.createOrder({ identifiers });
    throw error;
  }
}

async function prove(authority: Authority, order: Order, wanted: readonly Wanted[], proofs: Proofs): Promise<NameFault[]> {
  const pending = (await authority.client.getAuthorizations(order)).filter(({ status }) => status === "pending");
  const tasks = pending.map((authorization) => taskOf(authorization, wanted));
  const impossible = tasks.flatMap((task) => ("fault" in task ? [task.fault] : []));
  if (impossible.length > 0) return impossible;
  const real = tasks.flatMap((task) => ("fault" in task ? [] : [task]));
  const byDns = real.filter(({ challenge }) => challenge.type === "dns-01");
  const values = await Promise.all(byDns.map(async ({ name, challenge }) => ({ name, value: await authority.client.getChallengeKeyAuthorization(challenge) })));
  try {
    const unseen = await proofs.show(values);
    if (unseen.size > 0) return [...unseen].map(([name, server]) => ({ name, type: "notPublished", detail: server }));
    for (const { challenge } of real) await authority.client.completeChallenge(challenge);
    return await outcome(authority, order, real);
  } finally {
    await proofs.hide(values);
  }
}

interface Task {
  name: string;
  authorization: Authorization;
  challenge: Authorization["challenges"][number];
}

function taskOf(authorization: Authorization, wanted: readonly Wanted[]): Task | { fault: NameFault } {
  const name = nameOf(authorization);
  const method = wanted.find((one) => one.name === name)?.method === "dns" ? "dns-01" : "http-01";
  const challenge = authorization.challenges.find(({ type }) => type === method);
  return challenge ? { name, authorization, challenge } : { fault: { name, type: "noChallenge", detail: method } };
}

async function outcome(authority: Authority, order: Order, tasks: readonly Task[]): Promise<NameFault[]> {
  const read = () => authority.client.getAuthorizations(order);
  const done = await poll(read, (all) => all.every(({ status }) => status !== "pending"));
  const all = done ?? (await read());
  return all.flatMap((authorization) => {
    if (authorization.status === "valid") return [];
    const name = nameOf(authorization);
    const error = authorization.challenges.map((one) => (one as { error?: unknown }).error).find((one) => one !== undefined);
    const known = tasks.some((task) => task.name === name);
    return [error ? { name, ...problemOf(error) } : { name, type: known ? "slow" : "unknown", detail: authorization.status }];
  });
}

/** The order as it is once its names are proven. */
async function ready(authority: Authority, order: Order): Promise<Order> {
  const now = await poll(
    () => authority.client.getOrder(order),
    ({ status }) => status !== "pending",
  );
  if (!now || now.status === "invalid") throw orderFault(now);
  return now;
}

function orderFault(order: Order | null): AcmeFault {
  if (!order) return new AcmeFault("down", "slow", "the order is not ready");
  const { type, detail } = problemOf((order as { error?: unknown }).error);
  return new AcmeFault("refused", type, detail || order.status);
}

async function poll<T>(read: () => Promise<T>, enough: (value: T) => boolean): Promise<T | null> {
  const end = performance.now() + PATIENCE_MS;
  for (let pause = POLL_FIRST_MS; ; pause = Math.min(pause * 2, POLL_MOST_MS)) {
    const value = await read();
    if (enough(value)) return value;
    if (performance.now() > end) return null;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function nameOf(authorization: Authorization): string {
  const { value } = authorization.identifier;
  return (authorization as { wildcard?: boolean }).wildcard === true ? `*.${value}` : value;
}

/** The names that a refusal is about: its parts name identifiers, or its sentence does. What is about none of them, or not about names, is thrown on. */
function namedIn(error: unknown, names: readonly string[]): NameFault[] {
  if (!(error instanceof AcmeFault) || error.kind !== "refused") throw error;
  const words = new Set(
    error.detail
      .toLowerCase()
      .split(/[^a-z0-9.*-]+/)
      .map((word) => word.replace(/\.$/, "")),
  );
  const faults = names.flatMap((name): NameFault[] => {
    // A wildcard is named with its star, or without.
    const part = error.names.find((one) => one.name === name) ?? error.names.find((one) => `*.${one.name}` === name);
    if (part) return [{ ...part, name }];
    return error.names.length === 0 && words.has(name) ? [{ name, type: error.type, detail: error.detail }] : [];
  });
  if (faults.length === 0) throw error;
  return faults;
}
