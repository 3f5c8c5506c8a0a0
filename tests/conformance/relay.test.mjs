// Relay: its compiler accepts the schema, and its runtime pages, refetches, adds, deletes and watches.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, it } from 'node:test';
import { createClient } from 'graphql-ws';
import relay from 'relay-runtime';
import WebSocket from 'ws';
import { authorization, newTrack, post, sockets } from './support.mjs';

const HERE = new URL('.', import.meta.url).pathname;
const OUTPUT = `${HERE}generated/relay/`;
const require = createRequire(import.meta.url);
const socket = createClient({ url: sockets, webSocketImpl: WebSocket, connectionParams: { authorization }, retryAttempts: 0 });
const compiled = {};
after(() => socket.dispose());

before(() => {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  writeFileSync(`${OUTPUT}package.json`, '{"type":"commonjs"}'); // its artifacts require one another
  execFileSync(process.execPath, ['node_modules/relay-compiler/cli.js', 'relay.config.json'], { cwd: HERE, stdio: 'pipe' });
  for (const file of readdirSync(OUTPUT).filter((name) => name.endsWith('.graphql.js'))) {
    compiled[file.replace('.graphql.js', '')] = require(OUTPUT + file);
  }
});

const network = relay.Network.create(
  async ({ text: query }, variables) => (await post({ query, variables })).json(),
  ({ text: query }, variables) => relay.Observable.create((sink) => socket.subscribe({ query, variables }, sink)),
);

/** An environment in which the feed's first page is shown. */
async function shown() {
  const environment = new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
  const variables = { first: 3 };
  const operation = relay.createOperationDescriptor(compiled.feedQuery, variables);
  environment.retain(operation);
  await relay.fetchQuery(environment, compiled.feedQuery, variables).toPromise();
  const root = environment.lookup(operation.fragment).data;
  return { environment, root, feed: () => read(environment, compiled.feed_tracks, root) };
}

function read(environment, fragment, reference) {
  return environment.lookup(relay.getSingularSelector(fragment, reference)).data;
}

/** Fetches the next page of a fragment's connection, as usePaginationFragment does. */
async function page(environment, fragment, reference, direction, count) {
  const { paginationRequest, paginationMetadata, identifierField } = relay.getPaginationMetadata(fragment, 'page');
  const data = read(environment, fragment, reference);
  const { pageInfo } = data.tracks;
  const cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
  const { variables: given } = relay.getSingularSelector(fragment, reference);
  const variables = relay.getPaginationVariables(direction, count, cursor, given, {}, paginationMetadata);
  if (identifierField) variables.id = data[identifierField];
  await relay.fetchQuery(environment, paginationRequest, variables).toPromise();
}

const titles = (connection) => connection.edges.map(({ node }) => node.title);

it('pages forward through a connection', async () => {
  const { environment, root, feed } = await shown();
  for (const count of [3, 6, 7]) {
    assert.equal(feed().tracks.edges.length, count);
    assert.equal(feed().tracks.pageInfo.hasNextPage, count < 7);
    if (count < 7) await page(environment, compiled.feed_tracks, root, 'forward', 3);
  }
  assert.deepEqual(titles(feed().tracks), [0, 1, 2, 3, 4, 5, 6].map((n) => `Song ${n}`));
});

it('pages backward through a connection of a node, by its id', async () => {
  const { environment, feed } = await shown();
  const { artist } = feed().tracks.edges[0].node;
  const tracks = () => read(environment, compiled.feed_artist, artist).tracks;
  assert.deepEqual(titles(tracks()), ['Song 4', 'Song 6']);
  assert.equal(tracks().pageInfo.hasPreviousPage, true);
  await page(environment, compiled.feed_artist, artist, 'backward', 5);
  assert.deepEqual(titles(tracks()), ['Song 0', 'Song 2', 'Song 4', 'Song 6']);
  assert.equal(tracks().pageInfo.hasPreviousPage, false);
});

it('refetches a tenant by its id', async () => {
  const { environment, root } = await shown();
  const tenant = read(environment, compiled.feed_tenant, root.viewer.tenant);
  const variables = { id: tenant.id };
  await relay.fetchQuery(environment, compiled.feedTenantQuery, variables).toPromise();
  const again = environment.lookup(relay.createOperationDescriptor(compiled.feedTenantQuery, variables).fragment).data;
  assert.deepEqual(read(environment, compiled.feed_tenant, again.node), tenant);
});

const commit = (environment, mutation, variables) => new Promise((onCompleted, onError) => {
  relay.commitMutation(environment, { mutation, variables, onCompleted, onError });
});

it('adds to a connection, and deletes from it', async () => {
  const { environment, feed } = await shown();
  const connection = relay.ConnectionHandler.getConnectionID(relay.ROOT_ID, 'feed_tracks', { orderBy: { field: 'TITLE' } });
  const variables = { ...newTrack('Added by Relay'), connections: [connection] };
  const { addTracks } = await commit(environment, compiled.feedAddMutation, variables);
  assert.equal(titles(feed().tracks).at(-1), 'Added by Relay');
  await commit(environment, compiled.feedDeleteMutation, { input: { ids: [addTracks.tracks[0].id] } });
  assert.equal(feed().tracks.edges.filter((edge) => edge?.node).length, 3);
  const problem = await commit(environment, compiled.feedAddMutation, { ...newTrack('\u0000'), connections: [] });
  assert.equal(problem.addTracks.code, 'BAD_USER_INPUT');
});

it('watches an analysis to its end', async () => {
  const { environment } = await shown();
  const types = [];
  await new Promise((resolve, onError) => {
    relay.requestSubscription(environment, {
      subscription: compiled.feedEventsSubscription,
      variables: { after: '0-0' },
      onNext: ({ analysisEvents }) => {
        types.push(analysisEvents.__typename);
        if (analysisEvents.__typename === 'RunFinished') resolve();
      },
      onError,
    });
    commit(environment, compiled.feedAddMutation, { ...newTrack('Watched by Relay', { analyze: true }), connections: [] }).catch(onError);
  });
  assert.equal(types.filter((type) => type === 'AnalysisCompleted').length, 5);
});
