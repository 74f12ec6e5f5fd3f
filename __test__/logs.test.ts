/** Logs go to standard error, only if they are enabled, and contain no secret at any level. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect, test } from "@jest/globals";

import { root } from "./support/run";
import { freshStore } from "./support/store";

const SECRETS = { secretAccessKey: "secret-of-the-key", sessionToken: "secret-of-the-session" };
/** A signature is valid for minutes, so logs must not contain it. */
const SIGNATURE = /Signature=[0-9a-f]/;

const PROGRAM = `
  require("routesync").syncRoutes(JSON.parse(process.argv[1])).then(() => console.log("done"));
`;

test.each(["trace", "debug", "routesync=debug", undefined])("ROUTESYNC_LOG=%s", async (level) => {
  const store = await freshStore();
  const options = {
    store: store.arn,
    client: { ...store.client, credentials: { accessKeyId: "AKIAEXAMPLE", ...SECRETS } },
    router: "678a",
    owner: "shop/test",
    routes: { "/api": "https://h.example" },
  };
  const env: NodeJS.ProcessEnv = { ...process.env, ROUTESYNC_LOG: level };
  if (level === undefined) delete env["ROUTESYNC_LOG"];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["-e", PROGRAM, JSON.stringify(options)],
    { cwd: root, env, maxBuffer: 2 ** 26 },
  );
  expect(stdout).toBe("done\n");
  for (const secret of Object.values(SECRETS)) expect(stderr).not.toContain(secret);
  expect(stderr).not.toMatch(SIGNATURE);
  // An ordinary deploy logs nothing of routesync, but AWS's crates log.
  expect(stderr.includes("DEBUG")).toBe(level === "trace" || level === "debug");
  expect(stderr === "").toBe(!stderr.includes("DEBUG"));
});
