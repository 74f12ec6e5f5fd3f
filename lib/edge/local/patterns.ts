/** The patterns of routes by their ids, for logs. The table is decoded again only when it has changed. */
export class Patterns {
  private text = "";
  private byId = new Map<string, string | undefined>();

  constructor(
    private readonly read: (key: string) => string | undefined,
    private readonly router: string,
  ) {}

  /** The pattern of the only entry with this id. */
  of(id: string): string | undefined {
    try {
      const text = this.table();
      if (text !== this.text) {
        this.byId = decoded(text);
        this.text = text;
      }
    } catch {
      // The function has read the same table, and its answer says what is wrong.
      return undefined;
    }
    return this.byId.get(id);
  }

  private table(): string {
    const first = this.read(`${this.router}:routes`) ?? "[]";
    const parts = first.startsWith("{") ? (JSON.parse(first) as { parts: number }).parts : 0;
    if (parts === 0) return first;
    return Array.from({ length: parts }, (_, n) => this.read(`${this.router}:routes:${n}`) ?? "").join("");
  }
}

function decoded(text: string): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const entry of JSON.parse(text) as string[]) {
    const [, id = "", host = "", path = ""] = entry.split(",");
    const pattern = `${host.replaceAll(/\\(.)|\.(?=\*)/gu, "$1")}${path || "/"}`;
    found.set(id, found.has(id) ? undefined : pattern);
  }
  return found;
}
