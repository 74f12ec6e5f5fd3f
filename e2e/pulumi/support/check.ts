/** Assertions whose failure shows what was found. */
export function mustMatch(text: string, ...patterns: RegExp[]): void {
  for (const pattern of patterns) {
    if (!pattern.test(text)) throw new Error(`${pattern} is not in:\n${text}`);
  }
}

export function mustNotMatch(text: string, ...patterns: RegExp[]): void {
  for (const pattern of patterns) {
    if (pattern.test(text)) throw new Error(`${pattern} is in:\n${text}`);
  }
}

export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
