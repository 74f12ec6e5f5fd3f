/** The `routes` of a legacy `sst.aws.Router`, with the values of its Outputs. */
export const legacy = {
  "/*.jpg": { bucket: "shop-images.s3.eu-west-1.amazonaws.com" },
  "/robots.txt": { bucket: "shop-assets.s3.eu-west-1.amazonaws.com" },
  "/api/*": {
    url: "https://k3qd7n2v5x.lambda-url.eu-west-1.on.aws/",
    rewrite: { regex: "^/api/(.*)$", to: "/$1" },
    edge: { viewerRequest: { injection: `event.request.headers["x-shop"] = { value: "1" };` } },
  },
  // Added later, at the end as it seemed: it has never won a request.
  "/api/v2/*": "https://p8wz4t6m1c.lambda-url.eu-west-1.on.aws/",
  "/files/*": {
    bucket: "shop-files.s3.eu-west-1.amazonaws.com",
    rewrite: { regex: "^/files/(.*)$", to: "/public/$1" },
    cachePolicy: "658327ea-f89d-4fab-a63d-7e88639e58f6",
  },
  "/account": "https://account.shop.example",
  "/account/*": "https://account.shop.example",
  "/pay*": "https://pay.shop.example",
  "/*": "https://web.shop.example",
};
