// Apollo Client: normalised cache, pages, unions by their interfaces, errors, subscriptions.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, it } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { authorization, endpoint, newTrack, operation, sockets } from './support.mjs';

const headers = { authorization };
const socket = createClient({ url: sockets, webSocketImpl: WebSocket, connectionParams: headers, retryAttempts: 0 });
let possibleTypes;
let documents;

function connect(options = { headers }) {
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({ uri: endpoint, ...options }),
  );
  const typePolicies = { Query: { fields: { tracks: relayStylePagination() } } };
  return new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes, typePolicies }) });
}

before(async () => {
  const names = ['Feed', 'AddTracks', 'WatchAnalyses', 'SearchByMeaning'];
  documents = Object.fromEntries(await Promise.all(names.map(async (name) => [name, gql(await operation(name))])));
  const { data } = await connect().query({ query: gql`{ __schema { types { name possibleTypes { name } } } }` });
  const abstract = data.__schema.types.filter((type) => type.possibleTypes);
  possibleTypes = Object.fromEntries(abstract.map((type) => [type.name, type.possibleTypes.map(({ name }) => name)]));
  assert.ok(possibleTypes.Problem.includes('InvalidInput'));
});
after(() => socket.dispose());

it('joins pages of a connection in its cache', async () => {
  const client = connect();
  const asked = { query: documents.Feed, variables: { first: 3 } };
  const feed = client.watchQuery(asked);
  const watching = feed.subscribe(() => {});
  await feed.refetch();
  for (let page = 2; page <= 3; page += 1) {
    const { edges, pageInfo } = client.readQuery(asked).tracks;
    assert.equal(edges.length, 3 * (page - 1));
    assert.equal(pageInfo.hasNextPage, true);
    await feed.fetchMore({ variables: { after: pageInfo.endCursor } });
  }
  const { tracks } = client.readQuery(asked);
  assert.equal(new Set(tracks.edges.map(({ node }) => node.title)).size, 7);
  assert.equal(tracks.pageInfo.hasNextPage, false);
  watching.unsubscribe();
});

it('knows a track by its id, wherever it was read', async () => {
  const client = connect();
  const { data } = await client.query({ query: documents.Feed, variables: { first: 1 } });
  const { id } = data.tracks.edges[0].node;
  await client.mutate({
    mutation: gql`mutation ($input: UpdateTrackInput!) { updateTrack(input: $input) {
      ... on UpdateTrackPayload { track { id album title } } } }`,
    variables: { input: { id, title: 'Another title' } },
  });
  const again = client.readQuery({ query: documents.Feed, variables: { first: 1 } });
  assert.equal(again.tracks.edges[0].node.title, 'Another title');
});

it('reads the problem of a mutation through its interface', async () => {
  const { data } = await connect().mutate({ mutation: documents.AddTracks, variables: newTrack('\u0000') });
  assert.equal(data.addTracks.__typename, 'InvalidInput');
  assert.equal(data.addTracks.code, 'BAD_USER_INPUT');
});

it('tells errors of the operation by their codes', async () => {
  await assert.rejects(connect().query({ query: gql`{ nothing }` }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), error);
    assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), ['GRAPHQL_VALIDATION_FAILED']);
    return true;
  });
});

it('keeps what came beside an error', async () => {
  const query = gql`{ artist { id } tracks(first: 1) { nodes { id } } }`;
  const { data, error } = await connect().query({ query, errorPolicy: 'all' });
  assert.equal(data.artist, null);
  assert.equal(data.tracks.nodes.length, 1);
  assert.deepEqual(error.errors.map(({ path }) => path), [['artist']]);
});

it('is told when it may not come in', async () => {
  await assert.rejects(connect({}).query({ query: documents.Feed }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), error);
    assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), ['UNAUTHENTICATED']);
    return true;
  });
});

it('queries by GET', async () => {
  const methods = [];
  const client = connect({ headers, useGETForQueries: true, fetch: (url, init) => {
    methods.push(init.method);
    return fetch(url, init);
  } });
  const { data } = await client.query({ query: documents.SearchByMeaning, variables: { query: 'огни гавани', mode: 'LEXICAL', first: 1 } });
  assert.ok(data.searchTracks.edges);
  assert.deepEqual(methods, ['GET']);
});

it('sends a document once, and its hash from then on', async () => {
  const sent = [];
  const link = new PersistedQueryLink({ sha256: (text) => createHash('sha256').update(text).digest('hex') }).concat(
    new HttpLink({ uri: endpoint, headers, fetch: (url, init) => {
      sent.push('query' in JSON.parse(init.body));
      return fetch(url, init);
    } }),
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const query = gql`query NobodyHasAskedThis { tracks(first: 1) { nodes { title } } }`;
  for (let time = 1; time <= 2; time += 1) {
    const { data } = await client.query({ query, fetchPolicy: 'network-only' });
    assert.equal(data.tracks.nodes.length, 1);
  }
  assert.deepEqual(sent, [false, true, false]);
});

it('watches an analysis to its end', async () => {
  const client = connect();
  const finished = new Promise((resolve, reject) => {
    const types = [];
    client.subscribe({ query: documents.WatchAnalyses, variables: { after: '0-0' } }).subscribe({
      next: ({ data, error }) => {
        if (error) reject(error);
        types.push(data.analysisEvents.__typename);
        if (types.at(-1) === 'RunFinished') resolve(types);
      },
      error: reject,
    });
  });
  const { data } = await client.mutate({ mutation: documents.AddTracks, variables: newTrack('Watched by Apollo', { analyze: true }) });
  assert.equal(data.addTracks.run.status, 'QUEUED');
  const types = await finished;
  assert.equal(types.filter((type) => type === 'AnalysisCompleted').length, 5);
});
