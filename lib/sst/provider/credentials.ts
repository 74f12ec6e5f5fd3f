/** SST's own credentials, which it resolves from the app's configuration, with roles and single sign-on. */
import type { ClientOptions } from "../../types";

/**
 * The credentials that SST passes to its providers. A named profile takes precedence. Without either, AWS's default chain is used.
 */
export function credentialsOf(
  client: Omit<ClientOptions, "credentials"> | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Pick<ClientOptions, "credentials"> {
  const accessKeyId = env["SST_AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["SST_AWS_SECRET_ACCESS_KEY"];
  if (client?.profile || !accessKeyId || !secretAccessKey) return {};
  // SST sets an empty token for fixed keys.
  const sessionToken = env["SST_AWS_SESSION_TOKEN"];
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}
