// The reference client of graphql-transport-ws, which Apollo, urql and GraphiQL use too.
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization, live, post, sockets } from './support.mjs';

const clients = [];
const connect = (url, options) => {
  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: { authorization }, retryAttempts: 0, ...options });
  clients.push(client);
  return client;
};
after(() => clients.forEach((client) => client.dispose()));

it('queries and subscribes', async () => {
  const client = connect(sockets);
  const results = [];
  for await (const result of client.iterate({ query: '{ tracks(first: 2) { nodes { title } } }' })) results.push(result);
  assert.deepEqual(results.map(({ data }) => data.tracks.nodes.length), [2]);

  const used = [];
  for await (const { data } of client.iterate({ query: 'subscription { usageEvents { used } }' })) {
    used.push(data.usageEvents.used);
    if (used.length === 2) break;
    await post({ query: '{ tracks(first: 100) { nodes { id } } }' });
  }
  assert.ok(used[1] > used[0]);
});

it('answers the pings of the server, and stays', async () => {
  let pings = 0;
  let enough;
  const pinged = new Promise((resolve) => { enough = resolve; });
  const closes = [];
  const client = connect(`${live}/patient`, { lazy: false, on: {
    ping: (received) => { if (received && (pings += 1) === 3) enough(); },
    closed: (event) => closes.push(event.code),
  } });
  await pinged;
  const { value } = await client.iterate({ query: '{ hello }' }).next();
  assert.deepEqual(value.data, { hello: 'Hello, you' });
  assert.deepEqual(closes, []);
});

it('is left when it does not answer them', async () => {
  const left = new Promise((resolve) => {
    connect(`${live}/pinging`, { lazy: false, disablePong: true, onNonLazyError: resolve });
  });
  assert.equal((await left).code, 1001);
});

it('is told why it may not come in', async () => {
  const stranger = connect(sockets, { connectionParams: {} });
  await assert.rejects(stranger.iterate({ query: '{ __typename }' }).next(), (event) => event.code === 4403 && /^Forbidden/.test(event.reason));
});
