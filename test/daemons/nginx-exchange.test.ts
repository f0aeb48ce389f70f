/** Apache's colour changes behind the fixed front; which connections to Apache are kept. */
import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { account, backend, base, Front, type Heard } from "./nginx-rig.js";
import { until } from "./private-machine.js";

let apache: Awaited<ReturnType<typeof backend>>;
let secure: Awaited<ReturnType<typeof backend>>;
let front: Front;
const tree = { ...base(), ...account(2001, [{ names: ["www.example.org"] }]) };
before(async () => {
  [apache, secure] = await Promise.all([backend(), backend()]);
  front = await Front.start(tree, [apache.port, secure.port], { MUTU_NGINX_CLIENT_LIMIT: "60" });
});
after(async () => {
  front.machine.close();
  await Promise.all([apache.close(), secure.close()]);
});

test("The colour changes under traffic and nobody notices; what nginx does not read does not reload it", async (t) => {
  const green = await backend();
  // Also when an assertion fails: an open server would keep this process until its time is up.
  t.after(() => green.close());
  let asking = true;
  const ports = new Set<number>();
  let asked = 0;
  const visitors = Array.from({ length: 3 }, async (_, at) => {
    while (asking) {
      const answer = await front.get("www.example.org", "/", {}, at === 0 ? { method: "POST", body: Buffer.from("a=b") } : {});
      assert.equal(answer.status, 200);
      ports.add((JSON.parse(answer.body) as Heard).port);
      asked += 1;
    }
  });
  await until("there is traffic", () => asked > 20);
  const master = front.pid;
  for (let flip = 0; flip < 3; flip += 1) {
    const step = front.machine.stage(tree);
    front.point(step.next, flip % 2 === 0 ? [green.port, green.port] : [apache.port, secure.port]);
    for (const verb of ["rehearse", "prepare"]) assert.equal(await drive(verb, step.env), 0);
    front.machine.switchTo(step);
    assert.equal(await drive("commit", step.env), 0);
    const { port } = JSON.parse((await front.get("www.example.org")).body) as Heard;
    assert.equal(port, flip % 2 === 0 ? green.port : apache.port, "commit returns when only the new workers answer");
    assert.equal(await drive("settle", step.env), 0);
  }
  asking = false;
  await Promise.all(visitors);
  assert.deepEqual([...ports].sort(), [apache.port, green.port].sort());
  assert.equal(front.pid, master);
  front.publish(tree, [apache.port, secure.port]);
  const workers = front.workers();
  front.publish({ ...tree, ...account(2001, [{ names: ["more.example.org", "www.example.org"] }]) }, [apache.port, secure.port]);
  assert.deepEqual(front.workers(), workers);

  async function drive(verb: string, env: Record<string, string>): Promise<number | null> {
    const { spawn } = await import("node:child_process");
    const child = spawn(join(front.machine.base, "daemons/nginx/driver"), [verb], { cwd: "/", env: { ...front.machine.env, ...env }, stdio: "ignore" });
    return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }
});

test("Only a GET that tells of no body takes a kept connection, and is asked again when that is gone", async () => {
  const known = new Set<number>();
  const asked = { kept: 0, cut: 0 };
  let cutting = false;
  const one = await backend(({ socket, method }, response) => {
    const again = known.has(socket.remotePort as number);
    known.add(socket.remotePort as number);
    if (again) asked.kept += 1;
    if (again && cutting) {
      asked.cut += 1;
      socket.destroy();
    } else response.end(`${method} ${again ? "again" : "new"}`);
    return true;
  });
  front.publish(tree, [one.port, one.port]);
  const answers = async (method: string, headers: Record<string, string>, body?: Buffer) => {
    const said = [];
    for (let turn = 0; turn < 20; turn += 1) said.push(await front.get("www.example.org", "/", headers, { method, ...(body && { body }) }));
    assert.deepEqual([...new Set(said.map(({ status }) => status))], [200], method);
    return said.filter((answer) => answer.body === `${method} again`).length;
  };
  // Each worker keeps its own.
  assert.ok((await answers("GET", {})) >= 20 - front.workers().length);
  cutting = true;
  assert.equal(await answers("GET", {}), 0);
  assert.ok(asked.cut > 0, "connections were lost under a question");
  cutting = false;
  await answers("GET", {});
  const before = asked.kept;
  const body = Buffer.from("name=value");
  assert.equal(await answers("POST", { "Content-Length": "10" }, body), 0);
  assert.equal(await answers("GET", { "Content-Length": "10" }, body), 0);
  assert.equal(await answers("GET", { "Transfer-Encoding": "chunked" }, body), 0);
  for (const method of ["PUT", "DELETE", "OPTIONS"]) assert.equal(await answers(method, {}), 0);
  assert.equal(asked.kept, before);
  front.publish(tree, [apache.port, secure.port]);
  await one.close();
});

test("Over HTTP/2 a GET may carry a body that no field tells of: over kept connections too Apache reads its end where it is", async () => {
  const connections = new Set<number>();
  const one = await backend(({ socket }) => {
    connections.add(socket.remotePort as number);
    return false;
  });
  front.publish(tree, [one.port, one.port]);
  const session = connectHttp2(`https://127.0.0.1:${front.https}`, { servername: "www.example.org", rejectUnauthorized: false });
  const ask = (body: string) =>
    new Promise<Heard>((resolve, reject) => {
      const stream = session.request({ ":method": "GET", ":path": "/", ":authority": "www.example.org" }, { endStream: body === "" });
      let text = "";
      stream.on("data", (chunk) => {
        text += chunk;
      });
      stream.once("error", reject);
      stream.once("end", () => resolve(JSON.parse(text) as Heard));
      if (body !== "") stream.end(body);
    });
  try {
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: www.example.org\r\n\r\n";
    for (let turn = 0; turn < 10; turn += 1) {
      const heard = await ask(smuggled);
      assert.deepEqual(
        [heard.url, heard.size, heard.headers["content-length"], heard.headers["transfer-encoding"]],
        ["/", smuggled.length, `${smuggled.length}`, undefined],
      );
      const after = await ask("");
      assert.deepEqual([after.url, after.size], ["/", 0]);
    }
    assert.ok(connections.size < 20, "connections were kept");
  } finally {
    session.destroy();
    front.publish(tree, [apache.port, secure.port]);
    await one.close();
  }
});

test("An upload that began before the exchange and ends after the old Apache is gone arrives at the new one", async () => {
  const [blue, green] = await Promise.all([backend(), backend()]);
  const both: [[number, number], [number, number]] = [
    [blue.port, blue.port],
    [green.port, green.port],
  ];
  front.publish(tree, ...both);
  const half = 200_000;
  const socket = connect(front.http, "127.0.0.1");
  const answer = new Promise<string>((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.once("close", () => resolve(text));
    socket.once("error", reject);
  });
  socket.write(`POST / HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\nContent-Length: ${half * 2}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.write(Buffer.alloc(half, 120), () => resolve()));
  await until("nginx is collecting it", async () => (await front.get("www.example.org")).status === 200);
  front.publish(tree, both[1], both[0]);
  await blue.close();
  socket.write(Buffer.alloc(half, 120));
  const text = await answer;
  assert.match(text, /^HTTP\/1\.1 200 /);
  const heard = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) as Heard;
  assert.deepEqual([heard.port, heard.size, heard.method], [green.port, half * 2, "POST"]);
  front.publish(tree, [apache.port, secure.port]);
  await green.close();
});
