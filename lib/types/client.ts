/** The endpoint and the credentials. */

/** The endpoint and the credentials. The defaults are the endpoint and the credential chain of AWS's configuration. */
export interface ClientOptions {
  /**
   * The URL of another endpoint, such as that of `routesync/testing`. It is used unchanged. Without it, the first of these
   * settings is used: `AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE`, `AWS_ENDPOINT_URL`, the `endpoint_url` of
   * `cloudfront_keyvaluestore` in the profile's `services` section, and the profile's own `endpoint_url`.
   * `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` and the profile's `ignore_configured_endpoint_urls` turn these settings off.
   */
  endpoint?: string;

  /**
   * A profile of the AWS configuration files. Only its credentials are used, whatever the environment holds. Without them the
   * call rejects with `NO_CREDENTIALS`. In contrast, `AWS_PROFILE` is only a part of AWS's default chain, in which
   * `AWS_ACCESS_KEY_ID` has precedence.
   */
  profile?: string;

  /** Fixed credentials, instead of `profile`. A session token must be from a regional STS endpoint (version 2). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

  /** A role to assume with these credentials. */
  assumeRole?: {
    arn: string;
    externalId?: string;
    /** @defaultValue `"routesync"` */
    sessionName?: string;
    /** The region of the STS endpoint. @defaultValue `"us-east-1"` */
    region?: string;
  };

  /**
   * Further certificate authorities: PEM text, or the path of a file. Those of `NODE_EXTRA_CA_CERTS` and `AWS_CA_BUNDLE`
   * are always trusted, and those of `SSL_CERT_FILE` replace the machine's own. Proxies are configured by `HTTPS_PROXY`,
   * `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and are never used for this machine itself.
   */
  caBundle?: string;
}
