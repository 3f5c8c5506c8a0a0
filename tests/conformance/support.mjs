// Where the service is, and whose key to use: tests/conformance/conftest.py says it.
export const { URL: endpoint, KEY: key, LIVE: live, LIVE_SCHEMA: liveSchema, OUTPUT: output } = process.env;
export const sockets = endpoint.replace(/^http/, 'ws');
export const authorization = `Bearer ${key}`;
export const schemaFile = new URL('../../graphql/schema.graphql', import.meta.url).pathname;
export const operations = new URL('../../graphql/operations/', import.meta.url).pathname;

/** fetch with the key, for clients that know no headers of their own. */
export function signedFetch(url, init = {}) {
  const headers = new Headers(init.headers);
  headers.set('authorization', authorization);
  return fetch(url, { ...init, headers });
}

export function post(body, headers = {}) {
  return signedFetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
}
