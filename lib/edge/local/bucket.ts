/** Serves a folder as a bucket to which CloudFront has access, without the permission to list it. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";

import { lookup } from "mrmime";

import type { EdgeRequest } from "../runtime";
import type { Answer } from "./answer";

export async function fromFolder(folder: string, { method, uri, headers }: EdgeRequest): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return error(403, "AccessDenied", "Access Denied");
  let key: string;
  try {
    key = decodeURIComponent(uri.slice(1));
  } catch {
    return error(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
  const file = isName(key) ? join(folder, key) : undefined;
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !found?.isFile()) return error(403, "AccessDenied", "Access Denied");
  const etag = `"${found.size.toString(16)}-${Math.trunc(found.mtimeMs).toString(16)}"`;
  const own: [string, string][] = [
    ["etag", etag],
    ["last-modified", found.mtime.toUTCString()],
  ];
  if (headers["if-none-match"]?.value.split(/, */u).includes(etag))
    return { status: 304, headers: own, body: Buffer.alloc(0) };
  return {
    status: 200,
    headers: [
      ["content-type", lookup(key) ?? "binary/octet-stream"],
      ["content-length", String(found.size)],
      ...own,
    ],
    body: method === "HEAD" ? Buffer.alloc(0) : createReadStream(file),
  };
}

/** Whether a file within the folder can have this name. A key may be any text, also `../secret`. */
const isName = (key: string): boolean =>
  !/[\\\0]/u.test(key) && key.split("/").every((part) => part !== "" && part !== "." && part !== "..");

function error(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: [["content-type", "application/xml"]], body: Buffer.from(body) };
}
