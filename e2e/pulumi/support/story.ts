/** Runs stories one after another. Each prints a line, and the end of the run prints how many passed. */
const counts = { passed: 0, failed: 0 };
const only = process.argv.slice(2);

export async function story(name: string, tell: () => Promise<string | void>): Promise<void> {
  if (only.length > 0 && !only.some((part) => name.includes(part))) return;
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1_000).toFixed(1)} s`;
  try {
    const figures = await tell();
    counts.passed += 1;
    console.log(`ok      ${name}${figures ? ` · ${figures}` : ""} · ${seconds()}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`FAILED  ${name} · ${seconds()}\n${(error as Error).stack ?? String(error)}`);
  }
}

export function theEnd(): void {
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
}
