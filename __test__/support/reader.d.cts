export interface Read {
  /** The winning entry, or `null` if none matches. */
  entry?: string | null;
  /** Whether its metadata is missing. */
  missing?: boolean;
  /** The request's final path. */
  uri?: string;
  /** The origin's domain, or `null` if the request goes to the placeholder. */
  origin?: string | null;
  /** Whether the function threw. */
  throws?: string;
}

export function reader(
  entries: Record<string, string>,
  /** With `strict`, origins are checked as CloudFront does. */
  options?: { strict?: boolean },
): (host: string, uri: string, options?: { router?: string; version?: string }) => Promise<Read>;

/** The first version of SST with each form of the edge function. */
export const VERSIONS: string[];
