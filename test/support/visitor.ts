/** A browser without a screen: keeps cookies as browsers do, takes the CSRF token from the page where the form stands, sends Origin with each POST. */
import type { FastifyInstance } from "fastify";
import type { Response as InjectResponse } from "light-my-request";

const HOST = "panel.test";
const ORIGIN = `https://${HOST}`;

export class TestBrowser {
  readonly cookies = new Map<string, string>();
  readonly #app: FastifyInstance;
  readonly #language: string;

  constructor(app: FastifyInstance, language: string) {
    this.#app = app;
    this.#language = language;
  }

  /** Gets a page. */
  async get(url: string, headers: Record<string, string> = {}): Promise<InjectResponse> {
    return this.send("GET", url, { headers });
  }

  /** Fills the form of a page and sends it: `submit("/sites/new", "/sites", { name: "x" })`. */
  async submit(page: string, action: string, fields: Record<string, string | string[]> = {}): Promise<InjectResponse> {
    return this.post(action, fields, await this.csrf(page));
  }

  /** Posts fields with a token of your choice. */
  async post(action: string, fields: Record<string, string | string[]>, token?: string, headers: Record<string, string> = {}): Promise<InjectResponse> {
    const body = new URLSearchParams(Object.entries(fields).flatMap(([name, value]) => [value].flat().map((item): [string, string] => [name, item])));
    if (token !== undefined) body.set("_csrf", token);
    return this.send("POST", action, {
      payload: body.toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN, ...headers },
    });
  }

  /** Calls the API with this browser's cookies, Origin and CSRF token. */
  async api(method: string, url: string, body?: object): Promise<InjectResponse> {
    const safe = method === "GET" || method === "HEAD";
    const headers: Record<string, string> = safe ? {} : { origin: ORIGIN, "x-csrf-token": await this.csrf("/") };
    if (body) headers["content-type"] = "application/json";
    return this.send(method, url, { headers, ...(body && { payload: JSON.stringify(body) }) });
  }

  /** Takes the CSRF token from a page. */
  async csrf(page: string): Promise<string> {
    const { body, statusCode } = await this.get(page);
    const token = /name="_csrf" value="([^"]+)"/.exec(body)?.[1];
    if (!token) throw new Error(`no form on ${page} (${statusCode})`);
    return token;
  }

  /** Sends any request with this browser's cookies. */
  async send(method: string, url: string, options: { payload?: string; headers?: Record<string, string> } = {}): Promise<InjectResponse> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = {
      host: HOST,
      "x-forwarded-proto": "https",
      "accept-language": this.#language,
      "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
      ...(cookie && { cookie }),
      ...options.headers,
    };
    const answer = await this.#app.inject({ method: method as "GET", url, headers, ...(options.payload !== undefined && { payload: options.payload }) });
    for (const { name, value, maxAge, expires } of answer.cookies as { name: string; value: string; maxAge?: number; expires?: Date }[]) {
      if (value === "" || maxAge === 0 || (expires && expires.getTime() <= Date.now())) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
}
