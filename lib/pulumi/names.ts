/** Default names and owners. */
import * as pulumi from "@pulumi/pulumi";

/** The global that SST defines in the bundle of a configuration. */
interface SstApp {
  name: string;
  stage: string;
}

export function stackOwner(): string {
  return [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
}

/** The owner of an attached router: the app, the stage and the name in an SST program, else the stack's owner. */
export function attachedOwner(name: string): string {
  const { $app } = globalThis as { $app?: SstApp };
  return $app ? [$app.name, $app.stage, name].join("/") : stackOwner();
}

/** The name of an SST component, which has it in a private property, or of another resource. */
export function nameOf(resource: object): string | undefined {
  const { constructorName, __name } = resource as { constructorName?: unknown; __name?: unknown };
  return [constructorName, __name].find((name): name is string => typeof name === "string");
}
