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
 * The properties of {@link Routes}: options of `syncRoutes`, in which strings may be tokens. `generation` is not available, since
 * CloudFormation runs one deploy of a stack at a time, and a rollback declares the routes of an older deploy again.
 */
export interface RoutesProps extends Omit<PassedOptions, "generation"> {
  /** The ARN of the KeyValueStore. */
  store: string;

  /** The namespace of the route table. */
  router: string;

  /** The target for each pattern, as in {@link SyncOptions.routes}. This is the owner's whole set. */
  routes: Record<string, RouteTarget>;

  /**
   * The owner of the routes. Each construct is a separate owner. A changed owner takes over the routes of the old one in one write.
   *
   * @defaultValue the stack's name and the construct's path in the stack
   */
  owner?: string;

  /** The endpoint, and the role to assume. The function uses its own credentials. */
  client?: Omit<ClientOptions, "credentials" | "profile">;

  /**
   * The architecture of the function. Its binary package, such as `routesync-linux-arm64-gnu`, must be installed on the machine that
   * synthesizes the stack.
   *
   * @defaultValue `Architecture.X86_64`
   */
  architecture?: Architecture;
}

/**
 * Some routes of a router. They are deployed, changed, rolled back and removed with the stack. A Lambda function in the stack deploys
 * them. It has permissions for this store only. The deletion of the stack also succeeds if the store no longer exists.
 *
 * @example
 * ```ts no-run
 * new Routes(this, "Routes", { store: kvs.keyValueStoreArn, router: "678a", routes: { "/api": { url: api.url } } });
 * ```
 */
export class Routes extends Construct {
  /** The custom resource. */
  readonly resource: CustomResource;

  /** The function that deploys the routes. */
  readonly handler: IFunction;

  /** The store's ETag after the last deploy of the routes, as a token. */
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
    // The removal of the routes needs the permissions, so the deletion of the stack must remove the resource first.
    this.resource.node.addDependency(handler);
    this.etag = this.resource.getAttString("ETag");
  }
}

/** Calls `use` with a folder that contains the function's code: this package, and the binary for its architecture. */
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
    const message = `the function's binary was not found: run \`npm install --force --no-save routesync-${platform}\`, or set \`architecture\` to one whose binary is installed`;
    throw new RouteSyncError({ code: "NATIVE_MISSING", message }, { cause });
  }
}
