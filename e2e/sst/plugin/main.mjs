/**
 * A stand-in for a plugin of Pulumi's, such as aws: speaks gRPC with the engine, and asks the test over HTTP for the
 * answers (support/resources.ts). `main.mjs --version <version> --modules <package.json beside SST's node_modules>
 * --answers <URL of the test>`; the engine adds its own address, which is not needed.
 */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { version: { type: "string" }, modules: { type: "string" }, answers: { type: "string" } },
  allowPositionals: true,
  strict: false,
});
const require = createRequire(values.modules);
const grpc = require("@grpc/grpc-js");
const messages = require("@pulumi/pulumi/proto/provider_pb.js");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb.js");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb.js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js");

/** Large enough for a Lambda's code, or for a site with thousands of files. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

const plain = (struct) => struct?.toJavaScript() ?? {};
const struct = (value) => Struct.fromJavaScript(JSON.parse(JSON.stringify(value ?? {})));

async function ask(question) {
  const response = await fetch(values.answers, { method: "POST", body: JSON.stringify(question) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text);
}

/** `urn:pulumi:<stack>::<project>::<parents>$<type>::<name>`; a name may contain `::`. */
function partsOf(urn) {
  const [, , types, ...name] = urn.split("::");
  return { urn, type: types.split("$").pop(), name: name.join("::") };
}

/** Messages with these fields set. */
function message(Type, fields) {
  const made = new Type();
  for (const [setter, value] of Object.entries(fields)) made[setter](value);
  return made;
}

const methods = {
  getPluginInfo: () => message(PluginInfo, { setVersion: values.version }),
  getSchema: () => message(messages.GetSchemaResponse, { setSchema: "{}" }),
  checkConfig: (request) => message(messages.CheckResponse, { setInputs: request.getNews() }),
  diffConfig: () => new messages.DiffResponse(),
  configure: () => new messages.ConfigureResponse(),
  check: (request) => message(messages.CheckResponse, { setInputs: request.getNews() }),
  diff: (request) => {
    const same = canonical(plain(request.getOldInputs())) === canonical(plain(request.getNews()));
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    return message(messages.DiffResponse, { setChanges: same ? DIFF_NONE : DIFF_SOME });
  },
  create: async (request) => {
    const inputs = plain(request.getProperties());
    const { id, outputs } = await ask({ method: "create", ...partsOf(request.getUrn()), inputs });
    return message(messages.CreateResponse, { setId: id, setProperties: struct(outputs) });
  },
  update: async (request) => {
    const question = { id: request.getId(), inputs: plain(request.getNews()) };
    const { outputs } = await ask({ method: "update", ...partsOf(request.getUrn()), ...question });
    return message(messages.UpdateResponse, { setProperties: struct(outputs) });
  },
  read: async (request) => {
    const question = { id: request.getId(), inputs: plain(request.getProperties()) };
    const { id, outputs } = await ask({ method: "read", ...partsOf(request.getUrn()), ...question });
    return message(messages.ReadResponse, {
      setId: id,
      setProperties: struct(outputs),
      setInputs: request.getInputs(),
    });
  },
  delete: async (request) => {
    await ask({ method: "delete", ...partsOf(request.getUrn()), id: request.getId(), inputs: {} });
    return new Empty();
  },
  invoke: async (request) => {
    const question = { method: "invoke", urn: "", name: "", inputs: plain(request.getArgs()) };
    const { outputs } = await ask({ ...question, type: request.getTok() });
    return message(messages.InvokeResponse, { setReturn: struct(outputs) });
  },
  cancel: () => new Empty(),
  attach: () => new Empty(),
  getMapping: () => new messages.GetMappingResponse(),
  getMappings: () => new messages.GetMappingsResponse(),
};

/** The same text for equal values, whatever the order of their fields. */
function canonical(value) {
  const sorted = (_key, part) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return JSON.stringify(value, sorted);
}

const unary = (method) => async (call, answer) => {
  try {
    answer(null, await method(call.request));
  } catch (error) {
    answer({ code: grpc.status.UNKNOWN, details: error.message });
  }
};
const unimplemented = (_call, answer) => answer({ code: grpc.status.UNIMPLEMENTED, details: "not needed" });

const server = new grpc.Server({
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
});
const names = Object.keys(ResourceProviderService);
server.addService(
  ResourceProviderService,
  Object.fromEntries(names.map((name) => [name, methods[name] ? unary(methods[name]) : unimplemented])),
);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
