/** What became of them, once the notes had been read. */
import { legacy } from "./legacy.mjs";

/** What `migrateRoutes` makes, with what its notes advise where requests would be answered otherwise. */
export function settled(routes) {
  return {
    ...routes,
    // ORDER: /api/* came first and won. To let /api/v2/* win at last, leave this line out.
    "/api/v2/": routes["/api/"],
    // WILDCARD: the router's edge code puts this prefix before images.
    "/_jpg/": { ...legacy["/*.jpg"], rewrite: { regex: "^/_jpg", to: "" } },
    // PARTIAL_SEGMENT: the paths that begin with /pay.
    "/payments": legacy["/pay*"],
    "/paypal": legacy["/pay*"],
  };
}

/**
 * The new Router's `edge.viewerRequest.injection`. It runs before the route is chosen, for every request: it gives `/*.jpg` its prefix, and
 * /api/* the header that its own function set.
 */
export const injection = `
const uri = event.request.uri;
if (uri.endsWith(".jpg")) event.request.uri = "/_jpg" + uri;
else if (uri.startsWith("/api/")) event.request.headers["x-shop"] = { value: "1" };
`;
