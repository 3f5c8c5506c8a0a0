// What the audits do not ask of a server, and what servers get wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, post, signedFetch } from './support.mjs';

const GRAPHQL = 'application/graphql-response+json';
const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));

/** The response has this status, is JSON of the negotiated kind, and its one error has this code. */
async function refused(response, status, code, media = 'application/json') {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get('content-type'), `${media}; charset=utf-8`);
  const body = JSON.parse(text);
  assert.ok(!('data' in body), text); // extensions may say what the refusal cost
  assert.deepEqual(body.errors.map((error) => error.extensions.code), [code]);
}

for (const [what, body] of [
  ['a number', '1'], ['null', 'null'], ['a string', '"{ __typename }"'], ['true', 'true'], ['nothing', ''],
  ['a batch of nothing', '[]'], ['a batch of a number', '[1]'],
  ['a batch of a query', '[{"query":"{ __typename }"}]'],
  ['invalid UTF-8', bytes('{"query":"{ __typename } # ', [0xff, 0xfe], '"}')],
  ['half a surrogate', bytes('{"query":"{ __typename } # ', [0xed, 0xa0, 0x80], '"}')],
  ['UTF-16', Buffer.from('{"query":"{ __typename }"}', 'utf16le')],
  ['JSON and more', '{"query":"{ __typename }"} {}'],
  ['NaN', '{"query":"{ __typename }","variables":{"a":NaN}}'],
  ['a deep nest', '['.repeat(100_000)],
]) {
  for (const media of [GRAPHQL, 'application/json']) {
    test(`${what} as the body is refused as ${media}`, async () => {
      const code = what.startsWith('a batch') ? 'BATCH_REFUSED' : 'BAD_REQUEST';
      await refused(await post(body, { accept: media }), 400, code, media);
    });
  }
}

for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/graphql', '']) {
  test(`a body of type ${type || '(none)'} is refused before it is read`, async () => {
    const body = '{"query":"mutation { deleteTracks(input: { ids: [] }) { __typename } }"}';
    await refused(await post(Buffer.from(body), { 'content-type': type }), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });
}

test('several operations without a name run none', async () => {
  const query = 'query A { __typename } query B { __typename }';
  await refused(await post({ query }), 200, 'OPERATION_RESOLUTION_FAILURE');
  await refused(await post({ query }, { accept: GRAPHQL }), 400, 'OPERATION_RESOLUTION_FAILURE', GRAPHQL);
  await refused(await post({ query, operationName: 'C' }), 200, 'OPERATION_RESOLUTION_FAILURE');
  const named = await (await post({ query, operationName: 'B' })).json();
  assert.deepEqual(named.data, { __typename: 'Query' });
});

test('a subscription does not run where only JSON is accepted', async () => {
  const query = 'subscription { usageEvents { used } }';
  await refused(await post({ query }, { accept: 'application/json' }), 406, 'NOT_ACCEPTABLE');
  await refused(await post({ query }, { accept: `${GRAPHQL}, application/json;q=0.9` }), 406, 'NOT_ACCEPTABLE', GRAPHQL);
});

for (const [kind, query] of [
  ['mutation', 'mutation { __typename }'],
  ['subscription', 'subscription { usageEvents { used } }'],
]) {
  test(`a ${kind} by GET is refused, and Allow names POST`, async () => {
    const response = await signedFetch(`${endpoint}?${new URLSearchParams({ query })}`);
    assert.equal(response.headers.get('allow'), 'POST');
    await refused(response, 405, 'METHOD_NOT_ALLOWED');
  });
}

for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
  test(`${method} is refused, and Allow names what is not`, async () => {
    const response = await signedFetch(endpoint, { method });
    assert.equal(response.headers.get('allow'), 'GET, POST');
    await refused(response, 405, 'METHOD_NOT_ALLOWED');
  });
}

test('HEAD is refused without a body', async () => {
  const response = await signedFetch(endpoint, { method: 'HEAD' });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'GET, POST');
  assert.equal(await response.text(), '');
});

test('no key, or a wrong one, is 401 and says how to sign in', async () => {
  for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Basic x' }]) {
    const response = await fetch(`${endpoint}?query={__typename}`, { headers });
    assert.match(response.headers.get('www-authenticate'), /^Bearer /);
    await refused(response, 401, 'UNAUTHENTICATED');
  }
});

test('an answer with data is 200 although a field failed', async () => {
  const response = await post({ query: '{ artist { id } __typename }' }, { accept: GRAPHQL });
  assert.equal(response.status, 200);
  const body = await response.json();
  assert.deepEqual(body.data, { artist: null, __typename: 'Query' });
  assert.deepEqual(body.errors[0].path, ['artist']);
});

for (const [accept, media] of [
  [`${GRAPHQL};q=0, application/json`, 'application/json'],
  [`application/json, ${GRAPHQL};q=0.5`, 'application/json'],
  [`${GRAPHQL.toUpperCase()}`, GRAPHQL],
  [`${GRAPHQL}; charset=utf-8, application/json; charset=utf-8`, GRAPHQL],
  ['application/*', 'application/json'],
  ['text/html', 'application/json'],
]) {
  test(`Accept: ${accept} is answered as ${media}`, async () => {
    const response = await post({ query: '{ __typename }' }, { accept });
    assert.equal(response.headers.get('content-type'), `${media}; charset=utf-8`);
    assert.match(response.headers.get('vary'), /\baccept\b/i);
    assert.deepEqual((await response.json()).data, { __typename: 'Query' });
  });
}
