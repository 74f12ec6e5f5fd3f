/** The output of commands without a terminal: documents, colours and annotations, and the effect of a closed pipe. */
import { execFile } from "node:child_process";

import { describe, expect, test } from "@jest/globals";

import { cli, environment, fits, main, project } from "../support/cli";
import { declare, freshStore } from "../support/store";

describe("output", () => {
  test("every document fits the schema, which refuses others", async () => {
    const store = await freshStore();
    const at = project(store);
    for (const args of [
      ["check"],
      ["plan"],
      ["sync"],
      ["ls"],
      ["owners"],
      ["verify"],
      ["repair"],
      ["explain", "/"],
      ["doctor"],
      ["rollback", "--list"],
      ["release", "--dry-run"],
      ["rm"],
    ]) {
      const { stdout } = await cli([...args, "--json"], at);
      const document = JSON.parse(stdout) as { command: string };
      expect({ args, fits: fits(document), errors: fits.errors }).toMatchObject({ fits: true });
      expect(document.command).toBe(args[0]);
    }
    expect(fits({ version: 1, command: "ls", ok: true, error: {} })).toBe(false);
    expect(fits({ version: 2, command: "ls", ok: true, result: {} })).toBe(false);
  });

  test("a pipe gets no colours, not even in CI, unless FORCE_COLOR asks for them", async () => {
    const store = await freshStore();
    const at = project(store);
    const coloured = async (env: Record<string, string>) =>
      (await cli(["plan"], { ...at, env })).stdout.includes("\u001B[");
    expect(await coloured({ CI: "true" })).toBe(false);
    expect(await coloured({ FORCE_COLOR: "1" })).toBe(true);
    expect(await coloured({ FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
  });

  test("in Actions, errors and warnings are annotations on stderr", async () => {
    const store = await freshStore();
    const env = { GITHUB_ACTIONS: "true" };
    const failed = await cli(["sync", "--policy", "x"], { ...project(store), env });
    expect(failed.stderr).toMatch(/^::error title=routesync USAGE::/u);
    await declare(store, { "/api": "https://former.example" });
    const warned = await cli(["sync"], { ...project(store), env });
    expect(warned.stderr).toMatch(/^::warning title=routesync STALE_CACHE::/mu);
    expect(warned.stdout).not.toContain("::");
  });

  test("who stops reading ends it without a word", async () => {
    const store = await freshStore();
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`/r${n}`, "https://a.example"]));
    const at = project(store, many);
    const program = `"${process.execPath}" "${main}" plan --json | head -c 10`;
    const ran = await new Promise<string>((done) =>
      execFile("bash", ["-c", program], { cwd: at.cwd, env: environment() }, (error, out, err) =>
        done(`${error ? error.message : ""}${out}${err}`),
      ),
    );
    expect(ran).toMatch(/^\{\n {2}"vers/u);
    expect(ran).not.toContain("EPIPE");
  });
});
