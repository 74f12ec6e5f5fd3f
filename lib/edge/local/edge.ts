/** One location of CloudFront: it runs the function for each request, and answers from the cache, the function or the origin. */
import type { IncomingMessage, ServerResponse } from "node:http";

import type { LocalEdgeOptions, LocalEdgeRequest } from "../../types/local-edge";
import { type EdgeOrigin, type EdgeRequest, type EdgeRun, loadFunction } from "../runtime";
import { type Answer, generated, plain, send } from "./answer";
import { fromFolder } from "./bucket";
import { Cache, encodingsOf, keyOf } from "./cache";
import { listed } from "./headers";
import { type Checked, lagOf } from "./options";
import { checkOrigin, nameOf, placeOf } from "./origin";
import { Patterns } from "./patterns";
import { Refusal, textOf } from "./refusal";
import { isAnswer, validated } from "./returned";
import { fromServer } from "./server-origin";
import { admit, asked, eventOf } from "./viewer";

/** How many requests are remembered. */
const REMEMBERED = 1_000;

export class Edge {
  readonly requests: LocalEdgeRequest[] = [];
  readonly cache: Cache | undefined;
  private readonly run: EdgeRun;
  private readonly patterns: Patterns | undefined;
  private readonly onRequest: LocalEdgeOptions["onRequest"];

  constructor(
    { store, arn, router, cache, lagMs = 0, onRequest }: LocalEdgeOptions,
    private readonly checked: Checked,
  ) {
    const read = (key: string) => store.value(key, arn);
    const lag = typeof lagMs === "function" ? lagMs : () => lagMs;
    this.run = loadFunction(checked.code, (key) => store.value(key, arn, lagOf(lag(key))));
    this.cache = cache ? new Cache() : undefined;
    this.patterns = router === undefined ? undefined : new Patterns(read, router);
    this.onRequest = onRequest;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = performance.now();
    const { method, host, uri } = asked(request);
    const entry: LocalEdgeRequest = {
      method,
      host,
      uri,
      status: 0,
      route: "-",
      reads: 0,
      origin: "-",
      cache: this.cache ? "miss" : "off",
      ms: 0,
      printed: [],
    };
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    let answer = await this.answer(request, entry, gone.signal).catch((thrown: unknown) => {
      entry.error = textOf(thrown);
      return plain(thrown instanceof Refusal ? thrown.status : 500, entry.error);
    });
    entry.status = answer.status;
    entry.ms = Math.round(performance.now() - start);
    // Before the viewer has the answer, so that a test which has one finds its entry.
    try {
      this.remember(entry);
    } catch (thrown) {
      entry.error = `onRequest threw: ${textOf(thrown)}`;
      answer = plain((entry.status = 500), entry.error);
    }
    const { route, reads, origin, cache } = entry;
    const own = { "x-edge-route": route, "x-edge-reads": String(reads), "x-edge-origin": origin };
    await send(response, answer, { ...own, ...(cache !== "off" && { "x-edge-cache": cache }) }).catch(
      (thrown: unknown) => {
        entry.error ??= textOf(thrown);
        response.destroy();
      },
    );
  }

  private async answer(
    request: IncomingMessage,
    entry: LocalEdgeRequest,
    signal: AbortSignal,
  ): Promise<Answer> {
    admit(request);
    const event = eventOf(request);
    const result = await this.run(event);
    entry.reads = result.reads.length;
    entry.printed = result.printed;
    const returned = validated(result, event.request);
    if (isAnswer(returned)) {
      entry.origin = "function";
      return generated(returned);
    }
    const { origin } = result;
    if (origin !== undefined) checkOrigin(origin);
    this.name(entry, returned, origin);
    const path = pathOf(returned, event.request, asked(request).query);
    return this.kept(returned, path, entry, () => {
      const place = placeOf(this.checked.places, origin);
      if ("folder" in place) return fromFolder(place.folder, returned);
      return fromServer(place.server, { request: returned, path, origin, viewer: request, signal });
    });
  }

  /** Notes the route and the origin. */
  private name(entry: LocalEdgeRequest, { headers }: EdgeRequest, origin: EdgeOrigin | undefined): void {
    entry.origin = nameOf(origin);
    const id = headers["x-routesync-route"]?.value;
    if (id === undefined) return;
    entry.route = id;
    const pattern = this.patterns?.of(id);
    if (pattern !== undefined) entry.pattern = pattern;
  }

  /** The answer in the cache, or that of the origin, which is kept if it may be. */
  private async kept(
    request: EdgeRequest,
    path: string,
    entry: LocalEdgeRequest,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const key = this.cache && keyOf(request, path);
    if (this.cache === undefined || key === undefined) return ask();
    const found = this.cache.get(key);
    if (found !== undefined) {
      entry.cache = "hit";
      return found;
    }
    const encodings = encodingsOf(request.headers["accept-encoding"]?.value);
    if (encodings === "") delete request.headers["accept-encoding"];
    else request.headers["accept-encoding"] = { value: encodings };
    return this.cache.passing(key, request.method, await ask());
  }

  private remember(entry: LocalEdgeRequest): void {
    this.requests.push(entry);
    if (this.requests.length > REMEMBERED) this.requests.shift();
    this.onRequest?.(entry);
  }
}

/** The path and the query string for the origin. A query string that the function leaves alone keeps its bytes. */
function pathOf({ uri, querystring }: EdgeRequest, given: EdgeRequest, query: string): string {
  const parameters = listed(querystring);
  const same = JSON.stringify(parameters) === JSON.stringify(listed(given.querystring));
  const text = same ? query : parameters.map((pair) => pair.join("=")).join("&");
  const path = text === "" ? uri : `${uri}?${text}`;
  return path.toWellFormed().replaceAll(/[^\x21-\x7E]/gu, encodeURIComponent);
}
