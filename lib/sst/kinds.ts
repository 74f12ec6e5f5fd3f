/**
 * The two kinds of resources with which SST writes routes: `KvKeys` for the metadata and files of a route, and `KvRoutesUpdate` for its
 * entry in the route table.
 */

/** The Pulumi type of both kinds. */
export const TYPE = "pulumi-nodejs:dynamic:Resource";

export type Kind = "keys" | "entry";

interface Description {
  /** The end of the resource's name. */
  suffix: string;
  /** The names of its properties, sorted. */
  props: string[];
  /** SST's name of the kind in calls to its own server. */
  rpc: string;
}

export const KINDS: Record<Kind, Description> = {
  keys: {
    suffix: ".sst.aws.KvKeys",
    props: ["entries", "namespace", "purge", "store"],
    rpc: "Aws.KvKeys",
  },
  entry: {
    suffix: ".sst.aws.KvRoutesUpdate",
    props: ["entry", "key", "namespace", "store"],
    rpc: "Aws.KvRoutesUpdate",
  },
};

/** The properties of a `KvKeys`. SST's outputs omit `purge` if it is false. */
export interface KeysProps {
  store: string;
  namespace: string;
  /** The values by the names of their keys, without the namespace. */
  entries: Record<string, string>;
  purge?: boolean;
}

/** The properties of a `KvRoutesUpdate`. */
export interface EntryProps {
  store: string;
  /** The router's namespace. */
  namespace: string;
  /** The name of the table's key. SST has only `routes`. */
  key: string;
  entry: string;
}

/** The kind of a resource by its Pulumi type and name. */
export function kindOf(type: string, name: string): Kind | undefined {
  if (type !== TYPE) return undefined;
  return (Object.keys(KINDS) as Kind[]).find((kind) => name.endsWith(KINDS[kind].suffix));
}

/** What is different about a resource of a known name, or `undefined` if it has exactly the known form. */
export function unknownForm(kind: Kind, props: object): string | undefined {
  const names = Object.keys(props)
    .filter((name) => name !== "__provider")
    .toSorted();
  const { props: known } = KINDS[kind];
  if (names.join() === known.join()) return undefined;
  return `it has the properties ${names.join(", ")}, and the known form has ${known.join(", ")}`;
}

/** Whether SST's serialized provider is the known one for this kind. */
export function isKnownProvider(kind: Kind, text: string): boolean {
  return text.includes(JSON.stringify(KINDS[kind].rpc)) && text.includes("SST_SERVER");
}
