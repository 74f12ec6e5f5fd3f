/** All commands, in the order in which the help lists them. */
import type { Command } from "../command";
import { check } from "./check";
import { completions } from "./completions";
import { doctor } from "./doctor";
import { edge } from "./edge";
import { edgeIndex } from "./edge-index";
import { explain } from "./explain";
import { local } from "./local";
import { ls } from "./ls";
import { migrate } from "./migrate";
import { owners } from "./owners";
import { plan } from "./plan";
import { policy } from "./policy";
import { prune } from "./prune";
import { release } from "./release";
import { repair } from "./repair";
import { rm } from "./rm";
import { rollback } from "./rollback";
import { sync } from "./sync";
import { verify } from "./verify";

export const commands: Command[] = [
  check,
  plan,
  sync,
  verify,
  repair,
  ls,
  explain,
  owners,
  prune,
  rm,
  rollback,
  release,
  edgeIndex,
  edge,
  migrate,
  local,
  doctor,
  policy,
  completions,
];
