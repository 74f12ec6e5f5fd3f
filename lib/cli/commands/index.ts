/** All commands, in the order in which help tells them. */
import type { Command } from "../command";
import { completions } from "./completions";
import { local } from "./local";
import { ls } from "./ls";
import { owners } from "./owners";
import { plan } from "./plan";
import { policy } from "./policy";
import { rm } from "./rm";
import { sync } from "./sync";
import { verify } from "./verify";

export const commands: Command[] = [plan, sync, verify, ls, owners, rm, local, policy, completions];
