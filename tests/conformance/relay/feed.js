// What a Relay application would write; relay-compiler reads it against graphql/schema.graphql.
import { graphql } from 'relay-runtime';

graphql`
  query feedQuery($first: Int!) {
    ...feed_tracks @arguments(first: $first)
    viewer { tenant { ...feed_tenant } }
  }`;

graphql`
  fragment feed_tracks on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 3 }, after: { type: "String" })
  @refetchable(queryName: "feedTracksQuery") {
    tracks(first: $first, after: $after, orderBy: { field: TITLE }) @connection(key: "feed_tracks") {
      totalCount
      edges { node { id title artist { ...feed_artist } } }
    }
  }`;

graphql`
  fragment feed_artist on Artist
  @argumentDefinitions(last: { type: "Int", defaultValue: 2 }, before: { type: "String" })
  @refetchable(queryName: "feedArtistQuery") {
    id
    name
    tracks(last: $last, before: $before, orderBy: { field: TITLE }) @connection(key: "feedArtist_tracks") { edges { node { id title } } }
  }`;

graphql`
  fragment feed_tenant on Tenant @refetchable(queryName: "feedTenantQuery") { id name slug }`;

graphql`
  mutation feedAddMutation($input: AddTracksInput!, $connections: [ID!]!) {
    addTracks(input: $input) {
      __typename
      ... on AddTracksPayload {
        tracks @appendNode(connections: $connections, edgeTypeName: "TrackEdge") { id title artist { ...feed_artist } }
      }
      ... on Problem { code message }
    }
  }`;

graphql`
  mutation feedDeleteMutation($input: DeleteTracksInput!) {
    deleteTracks(input: $input) { ... on DeleteTracksPayload { deletedIds @deleteRecord } }
  }`;

graphql`
  subscription feedEventsSubscription($after: String) {
    analysisEvents(after: $after) {
      __typename
      ... on Event { cursor }
      ... on AnalysisCompleted { analysis { id status track { id title } } }
      ... on RunFinished { run { id status } }
    }
  }`;
