// A typed client of our operations: tsc --strict compiles it, and codegen.test.mjs runs it.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import {
  AddTracksDocument, FeedDocument, SearchByMeaningDocument, WatchAnalysesDocument,
  type FeedQuery, type SearchMode, type WatchAnalysesSubscription,
} from '../generated/codegen/graphql.js';

export type Asking = <Result, Variables>(document: TypedDocumentNode<Result, Variables>, variables: Variables) => Promise<Result>;

export function asking(url: string, authorization: string): Asking {
  return async (document, variables) => {
    const body = JSON.stringify({ query: print(document), variables });
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
}

type Track = FeedQuery['tracks']['edges'][number]['node'];

export async function run(url: string, authorization: string): Promise<string[]> {
  const ask = asking(url, authorization);
  const feed = await ask(FeedDocument, { first: 2 });
  const lines = feed.tracks.edges.map(({ node }: { node: Track }): string => `${node.title} by ${node.artist.name}, ${node.releasedOn?.slice(0, 4) ?? 'no date'}`);

  const mode: SearchMode = 'LEXICAL';
  const { searchTracks } = await ask(SearchByMeaningDocument, { query: 'harbor lamps', mode, first: 1 });
  for (const { node, score } of searchTracks.edges) lines.push(`${node.title}: ${score.toFixed(0)}`);

  const { addTracks } = await ask(AddTracksDocument, {
    input: { tracks: [{ title: 'Typed', artist: 'Somebody', lyrics: 'A line that types can not check', releasedOn: '2025-03-14' }] },
  });
  // A union: its members are told apart by __typename, and `tracks` is there in one of them alone.
  if (addTracks.__typename === 'AddTracksPayload') lines.push(...addTracks.tracks.map((track) => track.title));
  else lines.push(`${addTracks.code}: ${addTracks.message}`);
  return lines;
}

export function cursor(event: WatchAnalysesSubscription['analysisEvents']): string {
  return event.cursor;
}

// What must not compile.
export async function wrong(ask: Asking): Promise<void> {
  // @ts-expect-error: `query` is required
  await ask(SearchByMeaningDocument, { first: 1 });
  // @ts-expect-error: there is no such mode
  await ask(SearchByMeaningDocument, { query: '', mode: 'GUESSING' });
  // @ts-expect-error: a track has a title and lyrics too
  await ask(AddTracksDocument, { input: { tracks: [{ artist: 'Somebody' }] } });
  // @ts-expect-error: a run is named by its id
  await ask(WatchAnalysesDocument, { run: 1 });
  const { tracks } = await ask(FeedDocument, {});
  // @ts-expect-error: the language may be unknown
  tracks.edges[0]?.node.language.toUpperCase();
  // @ts-expect-error: a field that was not selected
  tracks.totalCount;
}
