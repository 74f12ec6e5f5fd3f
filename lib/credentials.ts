/** Frameworks keep what a program declares in a state of theirs: never credentials. */
import { RouteSyncError } from "./errors";

/** Why they are refused, where it is said of which option this is. */
export const REFUSED =
  "would be kept in the state; name a profile or a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/** Throws for a `client` that holds credentials. */
export function withoutCredentials<Client>(client: Client): Client {
  if (typeof client === "object" && client !== null && "credentials" in client && client.credentials) {
    const path = "client.credentials";
    throw new RouteSyncError({
      code: "INVALID_OPTION",
      message: `${path}: ${REFUSED}`,
      details: { path },
    });
  }
  return client;
}
