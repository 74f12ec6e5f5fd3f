/** The options that several commands have, and the parsers of their values. */
import type { Flag } from "./command";

export const json: Flag = { flags: "--json", text: "print the result, or the error, as one JSON document" };

/** The options that select a configuration. */
export const configured: Flag[] = [
  {
    flags: "-c, --config <file>",
    text: "the configuration file",
    env: "ROUTESYNC_CONFIG",
    fallback: "routes.config.*, here or above",
  },
  {
    flags: "--stage <name>",
    text: "the stage that is passed to the configuration function",
    env: "ROUTESYNC_STAGE",
  },
];

/** The options that select a store and the access to it. */
export const reach: Flag[] = [
  ...configured,
  { flags: "--store <arn>", text: "the ARN of the KeyValueStore", env: "ROUTESYNC_STORE" },
  { flags: "--local", text: "use an embedded store, kept in .routesync/, instead of AWS" },
  { flags: "--endpoint <url>", text: "the URL of an endpoint other than AWS's", env: "ROUTESYNC_ENDPOINT" },
  { flags: "--profile <name>", text: "the profile of the AWS configuration", env: "ROUTESYNC_PROFILE" },
  {
    flags: "--deadline <time>",
    text: 'the time limit for the whole command, such as 30 or "2 minutes"',
    parse: time,
    fallback: "120 seconds",
  },
  json,
];

export const router: Flag = {
  flags: "--router <id>",
  text: "the namespace of the route table",
  env: "ROUTESYNC_ROUTER",
};

export const owner: Flag = {
  flags: "--owner <name>",
  text: "the owner of the routes, such as app/stage",
  env: "ROUTESYNC_OWNER",
};

export const verified: Flag = {
  flags: "--verify <how>",
  text: "how the result is checked",
  choices: ["true", "false", "full"],
  fallback: "true",
};

/** Waiting for the edge after a deploy. */
export const atEdge: Flag[] = [
  {
    flags: "--edge <url>",
    text: "wait until the distribution at this URL serves the routes; its function needs the probe",
  },
  {
    flags: "--edge-deadline <time>",
    text: "how long to wait for the edge",
    parse: time,
    fallback: "60 seconds",
  },
  { flags: "--edge-required", text: "fail with exit code 5 if the edge does not serve the routes in time" },
];

/** Asking the edge without a deploy. */
export const askEdge: Flag[] = [
  {
    flags: "--edge <url>",
    text: "also ask the distribution at this URL whether it serves the live routes; its function needs the probe",
  },
  {
    flags: "--edge-deadline <time>",
    text: "how long to ask the edge",
    parse: time,
    fallback: "10 seconds",
  },
];

export const repairing: Flag = {
  flags: "--repair",
  text: "if the table is damaged, write it again from what can be read",
};

export const beyondSst: Flag = {
  flags: "--allow-beyond-sst",
  text: "let the table grow beyond what SST's own writers can handle",
};

export const generation: Flag = {
  flags: "--generation <n>",
  text: "a number that increases with every deploy; an older deploy is refused",
  env: "ROUTESYNC_GENERATION",
  parse: whole,
};

export const grace: Flag = {
  flags: "--grace-period <time>",
  text: "how long replaced records are kept",
  parse: time,
  fallback: "60 seconds",
};

export const maxRemoved: Flag = {
  flags: "--max-removed <n|n%>",
  text: "the most routes that may be removed, or the share, which allows at least one",
  parse: share,
};

export const takeover: Flag = {
  flags: "--takeover [pattern]",
  text: "take over declared patterns from other owners and SST: this pattern, or all",
  many: true,
};

export const adopt: Flag = {
  flags: "--adopt",
  text: "take over entries of SST that already lead to the declared target",
};

export const yes: Flag = {
  flags: "-y, --yes",
  text: "answer every question with yes, including those of guards",
};

/** The options of commands that deploy a declaration. */
export const declaring: Flag[] = [
  generation,
  {
    flags: "--policy <name>",
    text: "which changes to live routes are allowed",
    choices: ["sync", "upsert-only", "create-only"],
    fallback: "sync",
  },
  {
    flags: "--lint <RULE=level>",
    text: "the level of a lint rule: off, warn or error",
    many: true,
    parse: rule,
  },
  takeover,
  adopt,
  { flags: "--allow-empty", text: "let an empty set remove all routes of the owner" },
  maxRemoved,
  grace,
  {
    flags: "--history <n>",
    text: "the number of changes to keep for rollback, 0 to 20",
    parse: whole,
    fallback: "as before",
  },
  beyondSst,
  repairing,
];

export function whole(text: string): number {
  if (!/^\d{1,15}$/u.test(text)) throw new Error("Expected a whole number.");
  return Number(text);
}

/** A port, or 0 for any free one. */
export function port(text: string): number {
  const found = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(found <= 65_535)) throw new Error("Expected a port from 1 to 65535, or 0 for any free one.");
  return found;
}

/** An origin of the local edge: a host, and the URL or the folder that stands for it. */
export function origin(text: string): [host: string, target: string] {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1)
    throw new Error("Expected host=target, such as api.example=http://127.0.0.1:4000 or *=./dist.");
  return [text.slice(0, at), text.slice(at + 1)];
}

export function share(text: string): number | string {
  if (!/^\d{1,15}%?$/u.test(text)) throw new Error("Expected a whole number or a percentage, such as 20%.");
  return text.endsWith("%") ? text : Number(text);
}

function time(text: string): number | string {
  return /^\d+(\.\d+)?$/u.test(text) ? Number(text) : text;
}

function rule(text: string): [string, string] {
  const [, name, level] = /^([A-Z_]+)=(off|warn|error)$/u.exec(text) ?? [];
  if (name === undefined || level === undefined)
    throw new Error("Expected RULE=off, RULE=warn or RULE=error.");
  return [name, level];
}
