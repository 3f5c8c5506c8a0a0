import addTracks from "../../../../graphql/operations/AddTracks.graphql?raw";
import addTracksVariables from "../../../../graphql/operations/AddTracks.variables.json?raw";
import feed from "../../../../graphql/operations/Feed.graphql?raw";
import feedVariables from "../../../../graphql/operations/Feed.variables.json?raw";
import search from "../../../../graphql/operations/SearchByMeaning.graphql?raw";
import searchVariables from "../../../../graphql/operations/SearchByMeaning.variables.json?raw";
import watch from "../../../../graphql/operations/WatchAnalyses.graphql?raw";
import watchVariables from "../../../../graphql/operations/WatchAnalyses.variables.json?raw";

export const examples = [
  { query: feed, variables: feedVariables },
  { query: search, variables: searchVariables },
  { query: addTracks, variables: addTracksVariables },
  { query: watch, variables: watchVariables },
];
