/** What things are called where the program does not say it. */
import * as pulumi from "@pulumi/pulumi";

/** What SST puts before the bundle of a config. */
interface SstApp {
  name: string;
  stage: string;
}

export function stackOwner(): string {
  return [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
}

/** The owner of a router that was attached: in SST's own words where the program is SST's. */
export function attachedOwner(name: string): string {
  const { $app } = globalThis as { $app?: SstApp };
  return $app ? [$app.name, $app.stage, name].join("/") : stackOwner();
}

/** The name of a component of SST, which keeps it to itself, or of any resource. */
export function nameOf(resource: object): string | undefined {
  const { constructorName, __name } = resource as { constructorName?: unknown; __name?: unknown };
  return [constructorName, __name].find((name): name is string => typeof name === "string");
}
