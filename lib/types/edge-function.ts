/** The function of a distribution that serves the routes of a router. */

/** Options of {@link edgeFunction}. */
export interface EdgeFunctionOptions {
  /** The namespace that holds the route table: 1 to 64 letters, digits, `-` and `_`. */
  router: string;

  /**
   * What a request without a matching route gets: 404, or the answer of the distribution's own origin.
   *
   * @defaultValue `"notFound"`
   */
  otherwise?: "notFound" | "defaultOrigin";

  /**
   * Answers 403 to requests for the distribution's own domain, which ends in `.cloudfront.net`.
   *
   * @defaultValue `false`
   */
  blockDefaultDomain?: boolean;

  /**
   * Answers `/.well-known/routesync?host=<host>&uri=<path>` with the id of the route that such a request gets, and whether its metadata exists.
   * Anyone may ask. The answer names no target.
   *
   * @defaultValue `false`
   */
  probe?: boolean;

  /**
   * Sets the headers that servers built with OpenNext expect: `x-open-next-cache-key`, which begins as the route's id for every target, and for
   * sites with servers the viewer's place.
   *
   * @defaultValue `false`
   */
  openNext?: boolean;

  /**
   * Code that runs before routing, as the body of `async function before(event)`. It may change `event.request`. If it returns something, that is
   * the function's result: an answer with a `statusCode`, or the request, which then goes to the distribution's own origin. Its size counts toward the limit of 10,240 bytes.
   *
   * @defaultValue none
   */
  before?: string;

  /**
   * Code that runs after routing, before the request goes to the origin, as the body of `async function after(event)`. As {@link before}.
   *
   * @defaultValue none
   */
  after?: string;
}
