import { readFile } from 'node:fs/promises';

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

/** The operations of graphql/operations, by name: what our users are told to start from. */
export async function operation(name) {
  return readFile(`${operations}${name}.graphql`, 'utf8');
}

/** Variables of AddTracks for one track that nobody has added. */
export const newTrack = (title, more = {}) => ({
  input: { tracks: [{ title, artist: 'Somebody', lyrics: `Nobody sang of ${title} before\nand nobody will sing of it more` }], ...more },
});
