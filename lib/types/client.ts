/** Where the service is and as whom it is called. */

/** Where the service is and as whom to call it. By default what AWS's configuration says: its endpoint and its credential chain. */
export interface ClientOptions {
  /**
   * The URL of another endpoint, such as that of `routesync/testing`. It is used as it is. Without it, the first of these
   * that is set is used: `AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE`, `AWS_ENDPOINT_URL`, and of the profile the
   * `endpoint_url` of `cloudfront_keyvaluestore` in its `services` section, and its own `endpoint_url`.
   * `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` and the profile's `ignore_configured_endpoint_urls` turn these off.
   */
  endpoint?: string;

  /**
   * A profile of the AWS configuration files. Its credentials sign, whatever the environment holds, and no others are
   * looked for: without them the call is `NO_CREDENTIALS`. `AWS_PROFILE` only takes part in AWS's default chain, where
   * `AWS_ACCESS_KEY_ID` goes before it.
   */
  profile?: string;

  /** Fixed credentials, in place of `profile`. A session token must come from a regional STS endpoint (version 2). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

  /** A role to assume with the credentials found. */
  assumeRole?: {
    arn: string;
    externalId?: string;
    /** @defaultValue `"routesync"` */
    sessionName?: string;
    /** The region whose STS endpoint is asked. @defaultValue `"us-east-1"` */
    region?: string;
  };

  /**
   * Further certificate authorities: PEM text, or the path of a file. Those of `NODE_EXTRA_CA_CERTS` and `AWS_CA_BUNDLE`
   * are trusted anyhow; `SSL_CERT_FILE` takes the place of the machine's own. Proxies are taken from `HTTPS_PROXY`,
   * `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and never used for this machine itself.
   */
  caBundle?: string;
}
