// Server-sent events in distinct connections mode: beside graphql-sse's own server, and read by its client.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createParser } from 'eventsource-parser';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-sse';
import { createHandler } from 'graphql-sse/lib/use/http';
import { authorization, endpoint, post, schemaFile } from './support.mjs';

const EVENTS = { accept: 'text/event-stream' };
const USAGE = 'subscription { usageEvents { __typename } }';
let server;
let reference;

before(async () => {
  const schema = buildSchema(await readFile(schemaFile, 'utf8'));
  server = createServer(createHandler({ schema })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  reference = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

/** Each event of a stream as the EventSource standard reads it. */
async function* read(response) {
  const events = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    parser.feed(text);
    yield* events.splice(0);
  }
}

/** An answer without what is ours alone: the cost of a query, the codes and words of errors. */
async function course(response) {
  const events = [];
  for await (const { event, data, id } of read(response)) {
    const result = data && JSON.parse(data);
    delete result.extensions;
    for (const error of result.errors ?? []) { delete error.extensions; delete error.message; }
    events.push({ event, id, result });
  }
  return { status: response.status, type: response.headers.get('content-type'), events };
}

describe('as the reference', () => {
  for (const [name, body] of Object.entries({
    'a query': { query: '{ __typename }' },
    'a mutation': { query: 'mutation { __typename }' },
    'an operation by its name': { query: 'query A { __typename } query B { b: __typename }', operationName: 'B' },
    'a document that is not valid': { query: '{ nothing }' },
    'a subscription that is not valid': { query: 'subscription { nothing }' },
    'a variable of the wrong type': { query: 'query ($id: ID!) { node(id: $id) { id } }', variables: { id: [] } },
    'a subscription with a variable of the wrong type': { query: 'subscription ($a: String) { usageEvents(after: $a) { used } }', variables: { a: 1 } },
  })) {
    it(name, async () => {
      const request = { method: 'POST', headers: { 'content-type': 'application/json', ...EVENTS }, body: JSON.stringify(body) };
      const [ours, theirs] = await Promise.all([post(body, EVENTS), fetch(reference, request)]);
      assert.deepEqual(await course(ours), await course(theirs));
    });
  }
});

describe('otherwise than the reference', () => {
  // PROTOCOL.md wants what precedes execution as an event. The reference does so for validation alone.
  for (const [name, body] of Object.entries({
    'a document that does not parse': { query: '{' },
    'several operations without a name': { query: 'query A { __typename } query B { __typename }' },
  })) {
    it(name, async () => {
      const { status, events } = await course(await post(body, EVENTS));
      assert.equal(status, 200);
      assert.deepEqual(events.map((each) => each.event), ['next', 'complete']);
      assert.deepEqual(Object.keys(events[0].result), ['errors']);
    });
  }
});

it('whoever takes events too gets JSON, but events for a subscription', async () => {
  const accept = 'application/json, text/event-stream';
  const type = async (query) => {
    const response = await post({ query }, { accept });
    await response.body.cancel();
    return response.headers.get('content-type');
  };
  assert.equal(await type('{ __typename }'), 'application/json; charset=utf-8');
  assert.equal(await type('{ nothing }'), 'application/json; charset=utf-8');
  assert.equal(await type(USAGE), 'text/event-stream; charset=utf-8');
});

it('every event of a subscription has its cursor as id', async () => {
  const response = await post({ query: 'subscription { usageEvents { cursor used } }' }, EVENTS);
  for await (const { event, id, data } of read(response)) {
    assert.equal(event, 'next');
    assert.equal(id, JSON.parse(data).data.usageEvents.cursor);
    break;
  }
});

describe('the client of the reference', () => {
  const client = createClient({ url: endpoint, headers: { authorization }, retryAttempts: 0 });
  after(() => client.dispose());

  it('iterates over a subscription until it has enough', async () => {
    const used = [];
    for await (const { data } of client.iterate({ query: 'subscription { usageEvents { used } }' })) {
      used.push(data.usageEvents.used);
      if (used.length === 2) break;
      await post({ query: '{ tracks(first: 100) { nodes { id } } }' });
    }
    assert.ok(used[1] > used[0]);
  });

  it('gets errors as results', async () => {
    const results = [];
    for await (const result of client.iterate({ query: '{' })) results.push(result);
    assert.deepEqual(results.map(({ errors }) => errors[0].extensions.code), ['GRAPHQL_PARSE_FAILED']);
  });

  it('is told the status where it may not come in', async () => {
    const stranger = createClient({ url: endpoint, retryAttempts: 0 });
    await assert.rejects(stranger.iterate({ query: USAGE }).next(), (error) => error.response.status === 401);
  });
});
