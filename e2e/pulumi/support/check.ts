/** Assertions whose error messages contain the actual text. */
export function mustMatch(text: string, ...patterns: RegExp[]): void {
  for (const pattern of patterns) {
    if (!pattern.test(text)) throw new Error(`${pattern} is not in:\n${text}`);
  }
}

export function mustNotMatch(text: string, ...patterns: RegExp[]): void {
  for (const pattern of patterns) {
    const at = text.search(pattern);
    if (at >= 0) throw new Error(`${pattern} is in:\n…${text.slice(Math.max(0, at - 200), at + 200)}…`);
  }
}

export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
