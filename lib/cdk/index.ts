/**
 * Routes as an AWS CDK construct.
 *
 * @packageDocumentation
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { CustomResource, Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Provider } from "aws-cdk-lib/custom-resources";
import { Construct } from "constructs";

import { RouteSyncError } from "../errors";
import type { ClientOptions, PassedOptions, RouteTarget, SyncOptions } from "../types";
import { checkDeclared } from "./check";

/** Longer than the default deadline of a call. */
const TIMEOUT = Duration.minutes(5);

/**
 * What {@link Routes} takes: options of `syncRoutes`, in which strings may be tokens. `generation` is not among them: CloudFormation
 * deploys a stack once at a time, and a rollback declares what an older deploy declared.
 */
export interface RoutesProps extends Omit<PassedOptions, "generation"> {
  /** The ARN of the KeyValueStore. */
  store: string;

  /** The namespace that holds the route table. */
  router: string;

  /** Pattern → target, as {@link SyncOptions.routes}: the owner's whole set. */
  routes: Record<string, RouteTarget>;

  /**
   * Who declares. Each construct is an owner of its own. A changed owner takes the routes from the old one in one write.
   *
   * @defaultValue the stack's name and the construct's path in it
   */
  owner?: string;

  /** Where the service is, and which role to assume. Credentials are the function's. */
  client?: Omit<ClientOptions, "credentials" | "profile">;

  /**
   * What the function runs on. Its binary, such as `routesync-linux-arm64-gnu`, must be installed where the stack is synthesized.
   *
   * @defaultValue `Architecture.X86_64`
   */
  architecture?: Architecture;
}

/**
 * Some routes of a router, deployed, changed, rolled back and removed with the stack. A function in the stack makes them live; it may do
 * so in this store and no other. Deleting the stack succeeds also when the store is gone.
 *
 * @example
 * ```ts no-run
 * new Routes(this, "Routes", { store: kvs.keyValueStoreArn, router: "678a", routes: { "/api": { url: api.url } } });
 * ```
 */
export class Routes extends Construct {
  /** What CloudFormation keeps of it. */
  readonly resource: CustomResource;

  /** The function that makes the routes live. */
  readonly handler: IFunction;

  /** The store's ETag under which the routes last were made live: a token. */
  readonly etag: string;

  constructor(scope: Construct, id: string, props: RoutesProps) {
    super(scope, id);
    const { architecture = Architecture.X86_64, ...declared } = props;
    const stack = Stack.of(this);
    const path = this.node.scopes.slice(stack.node.scopes.length).map((one) => one.node.id);
    const owner = props.owner ?? [stack.stackName, ...path].join("/");
    checkDeclared({ ...declared, owner } as SyncOptions);

    const handler = packed(architecture, (folder) => {
      const code = Code.fromAsset(folder);
      const runtime = Runtime.NODEJS_22_X;
      return new Function(this, "Handler", {
        runtime,
        architecture,
        code,
        handler: "index.handler",
        timeout: TIMEOUT,
      });
    });
    this.handler = handler;
    handler.addToRolePolicy(
      new PolicyStatement({
        actions: ["DescribeKeyValueStore", "GetKey", "ListKeys", "UpdateKeys"].map(
          (action) => `cloudfront-keyvaluestore:${action}`,
        ),
        resources: [props.store],
      }),
    );
    const { assumeRole } = props.client ?? {};
    if (assumeRole) {
      handler.addToRolePolicy(
        new PolicyStatement({ actions: ["sts:AssumeRole"], resources: [assumeRole.arn] }),
      );
    }

    const provider = new Provider(this, "Provider", { onEventHandler: handler });
    this.resource = new CustomResource(this, "Resource", {
      resourceType: "Custom::RoutesyncRoutes",
      serviceToken: provider.serviceToken,
      properties: { Declared: stack.toJsonString({ ...declared, owner }) },
    });
    // Deleting a stack still needs the permissions when the routes go.
    this.resource.node.addDependency(handler);
    this.etag = this.resource.getAttString("ETag");
  }
}

/** Calls with a folder that holds the function's code: this package, and the binary for where it runs. */
function packed<T>({ name }: Architecture, use: (folder: string) => T): T {
  const from = createRequire(__filename);
  const root = dirname(from.resolve("routesync/package.json"));
  const platform = `linux-${name === Architecture.ARM_64.name ? "arm64" : "x64"}-gnu`;
  const folder = mkdtempSync(join(tmpdir(), "routesync-cdk-"));
  try {
    const to = join(folder, "node_modules", "routesync");
    mkdirSync(to, { recursive: true });
    for (const file of ["package.json", "native.js", "dist"]) {
      const needed = (path: string) => !/dist.(?:alchemy|cli|pulumi)\b|\.d\.m?ts$/u.test(path);
      cpSync(join(root, file), join(to, file), { recursive: true, filter: needed });
    }
    cpSync(binary(root, platform, from), join(to, `routesync.${platform}.node`));
    writeFileSync(
      join(folder, "index.js"),
      'exports.handler = require("./node_modules/routesync/dist/cdk/handler.js").handler;\n',
    );
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function binary(root: string, platform: string, from: NodeJS.Require): string {
  const built = join(root, `routesync.${platform}.node`);
  if (existsSync(built)) return built;
  try {
    return from.resolve(`routesync-${platform}`);
  } catch (cause) {
    const message = `the function's binary was not found: npm install --force --no-save routesync-${platform}, or name the architecture of one that is installed`;
    throw new RouteSyncError({ code: "NATIVE_MISSING", message }, { cause });
  }
}
