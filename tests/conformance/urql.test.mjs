// urql, as it is installed: it accepts event streams with every query, and means JSON.
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { cacheExchange, Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization, endpoint, newTrack, operation, sockets } from './support.mjs';

const headers = { authorization };
const socket = createClient({ url: sockets, webSocketImpl: WebSocket, connectionParams: headers, retryAttempts: 0 });
after(() => socket.dispose());

const exchanges = [cacheExchange, fetchExchange];
const connect = (options = {}) => new Client({ url: endpoint, exchanges, preferGetMethod: false, fetchOptions: { headers }, ...options });
const FEED = gql(await operation('Feed'));
const ADD = gql(await operation('AddTracks'));
const WATCH = gql(await operation('WatchAnalyses'));

for (const [method, preferGetMethod] of [['POST', false], ['GET', 'force']]) {
  it(`pages by ${method}`, async () => {
    const methods = new Set();
    const client = connect({ preferGetMethod, fetch: (url, init) => {
      methods.add(init.method);
      return fetch(url, init);
    } });
    const titles = [];
    for (let after = null, more = true; more;) {
      const { data, error } = await client.query(FEED, { first: 3, after });
      assert.equal(error, undefined);
      titles.push(...data.tracks.edges.map(({ node }) => node.title));
      ({ endCursor: after, hasNextPage: more } = data.tracks.pageInfo);
    }
    assert.ok(titles.length >= 7 && new Set(titles).size === titles.length);
    assert.deepEqual([...methods], [method]);
  });
}

it('tells errors by their codes, and keeps what came beside them', async () => {
  const client = connect();
  const invalid = await client.query(gql`{ nothing }`, {});
  assert.deepEqual(invalid.error.graphQLErrors.map(({ extensions }) => extensions.code), ['GRAPHQL_VALIDATION_FAILED']);
  const partly = await client.query(gql`{ artist { id } tracks(first: 1) { nodes { id } } }`, {});
  assert.equal(partly.data.tracks.nodes.length, 1);
  assert.deepEqual(partly.error.graphQLErrors.map(({ path }) => path), [['artist']]);
  const stranger = await connect({ fetchOptions: {} }).query(FEED, {});
  assert.equal(stranger.error.response.status, 401);
});

for (const [transport, options] of [
  ['server-sent events', { fetchSubscriptions: true }],
  ['graphql-ws', { exchanges: [...exchanges, subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: query ?? '', variables }, sink) }),
    }),
  })] }],
]) {
  it(`watches an analysis to its end over ${transport}`, async () => {
    const client = connect(options);
    const events = [];
    let news = () => {};
    const { unsubscribe } = client.subscription(WATCH, { after: '0-0' }).subscribe(({ data, error }) => {
      events.push(error ?? data.analysisEvents);
      news();
    });
    const { data } = await client.mutation(ADD, newTrack(`Watched over ${transport}`, { analyze: true }));
    const { tracks: [track], run } = data.addTracks;
    while (!events.some((event) => event.__typename === 'RunFinished' && event.run.id === run.id)) {
      await new Promise((resolve) => { news = resolve; });
      assert.ok(!(events.at(-1) instanceof Error), events.at(-1));
    }
    unsubscribe();
    const completed = events.filter((event) => event.__typename === 'AnalysisCompleted' && event.analysis.track.id === track.id);
    assert.equal(completed.length, 5);
  });
}

it('is told over events why a subscription is not valid', async () => {
  const client = connect({ fetchSubscriptions: true });
  const error = await new Promise((resolve) => {
    client.subscription(gql`subscription { nothing }`, {}).subscribe((result) => resolve(result.error));
  });
  assert.deepEqual(error.graphQLErrors.map(({ extensions }) => extensions.code), ['GRAPHQL_VALIDATION_FAILED']);
});
