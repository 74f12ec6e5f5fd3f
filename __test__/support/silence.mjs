/**
 * Repeatedly calls a server that accepts connections and never answers. Prints the rejections, the memory after each round, and the number
 * of connections that stayed open.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { syncRoutes } from "routesync";

const { rounds, atOnce, deadline, stores } = JSON.parse(process.argv[2]);

const sockets = new Set();
const server = createServer((socket) => {
  sockets.add(socket.on("error", () => {}));
  socket.on("close", () => sockets.delete(socket)).resume();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const client = {
  endpoint: `http://127.0.0.1:${server.address().port}`,
  credentials: { accessKeyId: "AKIASILENCE", secretAccessKey: "silence" },
};

async function call(n) {
  const id = (stores ? n : 0).toString(16).padStart(12, "0");
  const start = performance.now();
  const code = await syncRoutes({
    store: `arn:aws:cloudfront::123456789012:key-value-store/00000000-0000-4000-8000-${id}`,
    client,
    router: "678a",
    owner: "shop/test",
    part: `urn:${n}`,
    previous: {},
    routes: { [`/r${n}`]: "https://a.example" },
    deadline,
  }).then(
    () => "resolved",
    (error) => error.code,
  );
  return { code, ms: performance.now() - start };
}

const codes = {};
const memory = [];
let [earliest, latest, mostSockets] = [Infinity, 0, 0];
for (let round = 0; round < rounds; round++) {
  const calls = Array.from({ length: atOnce }, (_, n) => call(round * atOnce + n));
  for (const { code, ms } of await Promise.all(calls)) {
    codes[code] = (codes[code] ?? 0) + 1;
    earliest = Math.min(earliest, ms);
    latest = Math.max(latest, ms);
  }
  mostSockets = Math.max(mostSockets, sockets.size);
  globalThis.gc();
  memory.push(process.memoryUsage.rss() / 2 ** 20);
}
// The addon drops a request shortly after its caller has left.
const end = performance.now() + 5_000;
while (sockets.size > 0 && performance.now() < end) await sleep(20);
console.log(JSON.stringify({ codes, earliest, latest, mostSockets, left: sockets.size, memory }));
process.exit();
