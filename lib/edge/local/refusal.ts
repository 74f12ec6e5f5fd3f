/** An answer of the edge itself: a refused request, a function that failed, or an origin that did not answer. */

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The message of a thrown value, also of an error of another realm. */
export const textOf = (thrown: unknown): string =>
  String((thrown as { message?: unknown } | null | undefined)?.message ?? thrown);
