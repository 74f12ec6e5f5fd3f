/** What each process declares, deploy after deploy: drawn from the seed alone. */
import { random } from "./random.mjs";

/** Routes of a process that are in each of its deploys: nothing may ever darken them. */
const CORE = 6;
/** Routes that come, go and come back. */
const LOOSE = 12;
/** Routes that some deploys have at once: more than one write holds. */
const MANY = 90;
/** Constructs of a process that shares its owner with others. */
const PARTS = 3;

/** One list for each process: its deploys, each pattern → target. */
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
        // Dropped now; a later draw brings it back.
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
  return n % 5 === 4 ? `${kind}${n}.p${slot}.example.com/` : `/p${slot}/${kind}/${n}`;
}

/** One of few, so that targets come back, and some are the same for several routes. */
function targetOf(slot, n, chance) {
  if (chance.chance(0.15)) return { bucket: `p${slot}-${chance.below(3)}.s3.us-east-1.amazonaws.com` };
  return chance.chance(0.2)
    ? `https://p${slot}-common.example`
    : `https://p${slot}-r${n}-v${chance.below(4)}.example`;
}

/** The host that stands in a target's metadata. */
export function hostOf(target) {
  return typeof target === "string" ? new URL(target).host : target.bucket;
}

/** Every second process shares one owner with the others of its kind, each with constructs of its own. */
export function shares(slot) {
  return slot % 2 === 1;
}

export function ownerOf(slot) {
  return shares(slot) ? "storm/shared" : `storm/p${slot}`;
}

/** The calls of one deploy: all of it, or one call for each construct. */
export function callsOf(slot, routes) {
  if (!shares(slot)) return [{ owner: ownerOf(slot), routes }];
  return Array.from({ length: PARTS }, (_, part) => ({
    owner: ownerOf(slot),
    part: `urn:p${slot}:${part}`,
    routes: Object.fromEntries(Object.entries(routes).filter(([pattern]) => partOf(pattern) === part)),
  }));
}

function partOf(pattern) {
  return [...pattern].reduce((sum, character) => sum + character.charCodeAt(0), 0) % PARTS;
}
