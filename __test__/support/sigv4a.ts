/** Verifies a SigV4A signature. It is written from AWS's description, without code of routesync or an SDK. */
import { createECDH, createHash, createHmac, createPublicKey, verify } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface Signed {
  method: string;
  /** The path and query, as sent. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

const ALGORITHM = "AWS4-ECDSA-P256-SHA256";
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Returns the access key id if the request is signed with `secret`, and throws otherwise. */
export function signerOf({ method, url, headers, body }: Signed, secret: string): string {
  const fields =
    /^AWS4-ECDSA-P256-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      headers.authorization ?? "",
    );
  if (!fields) throw new Error(`not signed with SigV4A: ${headers.authorization}`);
  const [, credential = "", names = "", signature = ""] = fields;
  const [id = "", ...scope] = credential.split("/");
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const canonical = [
    method,
    // The signature is over the sent path, encoded once more.
    pathname.split("/").map(encoded).join("/"),
    [...searchParams]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .toSorted()
      .join("&"),
    ...names.split(";").map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, " ")}`),
    "",
    names,
    headers["x-amz-content-sha256"] ?? sha256(body),
  ].join("\n");
  const text = [ALGORITHM, headers["x-amz-date"], scope.join("/"), sha256(canonical)].join("\n");
  const key = publicKeyOf(id, secret);
  if (!verify("sha256", Buffer.from(text), key, Buffer.from(signature, "hex"))) {
    throw new Error(`the signature of ${id} is not made with this secret`);
  }
  return id;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The private key, derived from id and secret: the first candidate below the curve's order, plus one. */
function publicKeyOf(id: string, secret: string) {
  for (let counter = 1; counter < 255; counter++) {
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(`${ALGORITHM}\0${id}`),
      Buffer.from([counter, 0, 0, 1, 0]),
    ]);
    const candidate = BigInt(`0x${createHmac("sha256", `AWS4A${secret}`).update(input).digest("hex")}`);
    if (candidate > ORDER - 2n) continue;
    const curve = createECDH("prime256v1");
    curve.setPrivateKey((candidate + 1n).toString(16).padStart(64, "0"), "hex");
    const point = curve.getPublicKey();
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
    return createPublicKey({ key: { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" }, format: "jwk" });
  }
  throw new Error("no key");
}
