/** Answers: of an origin, of the function, and of the edge itself. */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { EdgeResponse } from "../runtime";
import { grouped, listed } from "./headers";

export interface Answer {
  status: number;
  /** The text beside the status. */
  reason?: string | undefined;
  headers: [name: string, value: string][];
  body: Readable | Buffer;
}

export function plain(status: number, text: string): Answer {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"]], body: Buffer.from(`${text}\n`) };
}

/** The answer that a function has generated. */
export function generated({ statusCode, statusDescription, headers, cookies, body }: EdgeResponse): Answer {
  const set = Object.entries(cookies ?? {}).flatMap(([name, { multiValue, ...own }]) =>
    (multiValue ?? [own]).map(({ value, attributes }: { value: string; attributes?: string }) =>
      [`${name}=${value}`, attributes].filter(Boolean).join("; "),
    ),
  );
  const data =
    typeof body === "object"
      ? Buffer.from(body.data, body.encoding === "text" ? "utf8" : "base64")
      : Buffer.from(body ?? "");
  return {
    status: statusCode,
    ...(statusDescription !== undefined && { reason: statusDescription }),
    headers: [...listed(headers), ...set.map((value): [string, string] => ["set-cookie", value])],
    body: data,
  };
}

/** Sends an answer with the headers of the edge. It rejects if the origin or the viewer ends the connection too early. */
export async function send(
  response: ServerResponse,
  { status, reason, headers, body }: Answer,
  own: Record<string, string>,
): Promise<void> {
  const all = grouped(headers.filter(([name]) => !name.startsWith("x-edge-")));
  const bodiless = response.req.method === "HEAD" || status === 204 || status === 304;
  if (Buffer.isBuffer(body) && !bodiless) all["content-length"] = String(body.length);
  if (reason === undefined) response.writeHead(status, { ...all, ...own });
  else response.writeHead(status, reason, { ...all, ...own });
  if (body instanceof Readable) await pipeline(body, response);
  else response.end(body);
}
