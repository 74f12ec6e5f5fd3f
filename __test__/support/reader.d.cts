export interface Read {
  /** The entry that wins; `null` when none matches. */
  entry?: string | null;
  /** Its metadata is not there. */
  missing?: boolean;
  /** The request's path in the end. */
  uri?: string;
  /** The origin's domain; `null` when the request goes to the placeholder. */
  origin?: string | null;
  /** The function threw. */
  throws?: string;
}

export function reader(
  entries: Record<string, string>,
  /** `strict`: origins are checked as CloudFront does. */
  options?: { strict?: boolean },
): (host: string, uri: string, options?: { router?: string; version?: string }) => Promise<Read>;

/** The versions of SST whose edge functions differ: the first of each. */
export const VERSIONS: string[];
