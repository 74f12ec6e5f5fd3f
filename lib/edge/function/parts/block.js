/** Refuses requests for the domain that CloudFront gives to each distribution. */
async function part(event) {
  if (event.request.headers.host.value.toLowerCase().endsWith(".cloudfront.net")) return answer(403);
}
