import { blocks, fileOf } from "./blocks";

/** The content of the store and of the folder before a document's first command. */
interface Prepared {
  /** The declarations, which are deployed one after another. */
  before?: object[];
  /** The configuration for the commands: data, or the text of routes.config.ts. */
  config: object | string;
}

/** The configuration of the quick start. */
const quickStart =
  blocks("docs/quick-start.md").find((block) => fileOf(block) === "routes.config.ts")?.text ?? "";

const router = "678a";
const api = "https://abc123.lambda-url.us-east-1.on.aws";

export const PREPARED: Record<string, Prepared> = {
  "README.md": {
    before: [
      { router, owner: "blog/production", routes: { "/blog": "https://blog.example.com" } },
      {
        router,
        owner: "shop/production",
        routes: { "/api": "https://v1.example.com", "/beta": "https://beta.example.com" },
      },
    ],
    config: {
      router,
      owner: "shop/production",
      routes: {
        "/api": "https://v2.example.com",
        "/docs": { bucket: "docs.s3.us-east-1.amazonaws.com" },
      },
    },
  },
  "docs/shared-routers.md": {
    before: [
      { router, owner: "blog/production", routes: { "/blog": "https://blog.example.com" } },
      { router, owner: "shop/pr-7", routes: { "pr-7.example.com/": "https://pr-7.example.com" } },
    ],
    config: quickStart,
  },
  "docs/ci.md": { config: quickStart },
  "docs/troubleshooting.md": {
    before: [
      {
        router,
        owner: "shop/production",
        routes: { "/api": api, "/docs": { bucket: "docs.s3.us-east-1.amazonaws.com" } },
      },
      { router, owner: "blog/production", routes: { "/api/v1": "https://blog.example.com" } },
    ],
    config: quickStart,
  },
};
