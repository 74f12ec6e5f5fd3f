/** The options of resources. Each adapter derives its own type from these. */
import type { ClientOptions } from "./client";
import type { SyncOptions } from "./sync";

/** {@link ClientOptions} without credentials, so that a framework's state can hold them. `profile`, `assumeRole` or the environment gives the credentials. */
export type StateClient = Omit<ClientOptions, "credentials">;

/**
 * The {@link SyncOptions} that a resource passes on. The resource itself has options for the store, the routes and the client, and keeps
 * `part` and `previous`. It declares only some routes of an owner, so an empty set needs no `allowEmpty`. A framework calls it, so it has no
 * `signal` and no `onProgress`.
 */
export type PassedOptions = Omit<
  SyncOptions,
  | "store"
  | "router"
  | "owner"
  | "routes"
  | "client"
  | "part"
  | "previous"
  | "allowEmpty"
  | "signal"
  | "onProgress"
>;
