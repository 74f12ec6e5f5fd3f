/** Programs in documents. */
export interface Program {
  imports: string;
  body: string;
}

/** The blocks marked `ts`, in their order. */
export function programs(markdown: string): Program[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```/gmsu)].map(([, text = ""]) => {
    const lines = text.split("\n");
    const isImport = (line: string) => /^import .* from "/u.test(line);
    return {
      imports: lines.filter(isImport).join("\n"),
      body: lines.filter((line) => !isImport(line)).join("\n"),
    };
  });
}
