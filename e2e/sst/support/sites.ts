/** Files of projects: what a build would have written, so that none is needed. */

export const A_FUNCTION = { "fn.mjs": "export const handler = async () => ({ statusCode: 200 });\n" };

export const A_SITE = { "site/index.html": "<p>hello", "site/style/main.css": "p {}" };

/** What SolidStart's build would write: of all SSR sites, SST asks for the least of this one. */
export const A_SOLID_SITE = {
  "solid/package.json": "{}",
  "solid/app.config.ts": "export default {};",
  "solid/.output/nitro.json": JSON.stringify({ preset: "aws-lambda" }),
  "solid/.output/server/index.mjs": A_FUNCTION["fn.mjs"],
  "solid/.output/public/favicon.ico": "icon",
  "solid/.output/public/_build/app.js": "app()",
};
