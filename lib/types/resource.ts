/** What the resources of frameworks take: each adapter derives its own type from these. */
import type { ClientOptions } from "./client";
import type { SyncOptions } from "./sync";

/** {@link ClientOptions} that may stand in a state: who calls is said by `profile`, `assumeRole` or the environment. */
export type StateClient = Omit<ClientOptions, "credentials">;

/**
 * Options of {@link SyncOptions} that a resource passes on. The others are its own: where its routes are and which, or what it keeps
 * for the next call. It declares some routes of an owner, so that an empty set is no accident; and a framework calls it, not a program that could abort it.
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
