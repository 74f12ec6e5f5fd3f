/** Frameworks save a program's options in their state, which must not contain credentials. */
import { RouteSyncError } from "./errors";

/** The reason of the rejection, to follow the name of the option. */
export const REFUSED =
  "would be saved in the state; name a profile or a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/** Throws for a `client` with credentials. */
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
