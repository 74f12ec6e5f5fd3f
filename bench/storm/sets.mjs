/** The declarations of each process for each deploy, drawn from the seed alone. */
import { random } from "./random.mjs";

/** The number of routes that are in every deploy of a process. They must always be served. */
const CORE = 6;
/** The number of routes that are added, removed and added again. */
const LOOSE = 12;
/** The number of additional routes in some deploys, which do not fit one write. */
const MANY = 90;
/** The number of constructs in a process that shares its owner with others. */
const PARTS = 3;

/** Returns a list of deploys for each process. A deploy is an object with the target of each pattern. */
export function drawSets({ processes, deploys, seed }) {
  return Array.from({ length: processes }, (_, slot) =>
    drawDeploys(slot, deploys, random(seed * 7919 + slot)),
  );
}

function drawDeploys(slot, deploys, chance) {
  const lives = new Map();
  return Array.from({ length: deploys }, () => {
    for (let n = 0; n < CORE + LOOSE; n++) {
      const core = n < CORE;
      const pattern = patternOf(slot, core ? "core" : "loose", n);
      if (!lives.has(pattern) || chance.chance(0.25)) {
        if (core || !lives.get(pattern)) lives.set(pattern, targetOf(slot, n, chance));
        // The route is removed now, and a later draw may add it again.
        else lives.set(pattern, undefined);
      }
    }
    const routes = Object.fromEntries([...lives].filter(([, target]) => target !== undefined));
    if (chance.chance(0.07)) {
      for (let n = 0; n < MANY; n++) routes[patternOf(slot, "many", n)] = `https://p${slot}-many${n}.example`;
    }
    return routes;
  });
}

function patternOf(slot, kind, n) {
  if (n % 5 === 4) return `${kind}${n}.p${slot}.example.com/`;
  // Routes above and below others, and wildcards. The first one has the length of `loose14`, so the order of the table decides.
  if (kind === "core" && n === 0) return `/p${slot}/core`;
  if (kind === "core" && n === 3) return `loose*.p${slot}.example.com/`;
  if (kind === "loose" && n === 6) return `/p${slot}/core/1/deep`;
  if (kind === "loose" && n === 8) return `*.p${slot}.example.com/loose/8`;
  if (kind === "loose" && n === 13) return `/p${slot}/many`;
  return `/p${slot}/${kind}/${n}`;
}

/** A target from a small set, so that targets recur, and several routes share one. */
function targetOf(slot, n, chance) {
  if (chance.chance(0.15)) return { bucket: `p${slot}-${chance.below(3)}.s3.us-east-1.amazonaws.com` };
  return chance.chance(0.2)
    ? `https://p${slot}-common.example`
    : `https://p${slot}-r${n}-v${chance.below(4)}.example`;
}

/** The host in a target's metadata. */
export function hostOf(target) {
  return typeof target === "string" ? new URL(target).host : target.bucket;
}

/** The router of a process. SST's writer works on the first one, and drops its index again and again. */
export const ROUTERS = ["678a", "678b"];

export function routerOf(slot) {
  return ROUTERS[slot % 4 < 2 ? 1 : 0];
}

/** Whether a process deploys with `index: true`. About half of the processes do, and the first one always does. */
function wantsIndex(slot, seed) {
  return slot === 0 || random(seed * 6133 + slot).chance(0.5);
}

/** Whether a process shares its owner. Every second process does, and has its own constructs. */
export function shares(slot) {
  return slot % 2 === 1;
}

export function ownerOf(slot) {
  return shares(slot) ? "storm/shared" : `storm/p${slot}`;
}

/** The calls of one deploy: one call with the whole set, or one for each construct. */
export function callsOf(slot, routes, seed) {
  const common = {
    router: routerOf(slot),
    owner: ownerOf(slot),
    ...(wantsIndex(slot, seed) && { index: true }),
  };
  if (!shares(slot)) return [{ ...common, routes }];
  return Array.from({ length: PARTS }, (_, part) => ({
    ...common,
    part: `urn:p${slot}:${part}`,
    routes: Object.fromEntries(Object.entries(routes).filter(([pattern]) => partOf(pattern) === part)),
  }));
}

function partOf(pattern) {
  return [...pattern].reduce((sum, character) => sum + character.charCodeAt(0), 0) % PARTS;
}
