"""What the tenants of test_tenants_together ask for, and how their answers are compared."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from typing import Any

ADD = """mutation ($i: AddTracksInput!) { addTracks(input: $i) { ... on AddTracksPayload {
  tracks { id artist { id } } run { id } } } }"""
INVITE = """mutation ($i: InviteMemberInput!) { inviteMember(input: $i) { ... on InviteMemberPayload {
  signInUrl member { id email } } } }"""
EVERYTHING = """{ tracks(first: 100) { totalCount edges { cursor node {
    id title album tags metadata profile { mood } externalIds { value } artist { id name slug trackCount }
    lyrics { text } analyses(first: 9) { edges { node { id evidence { text } } } }
    similar(first: 3) { edges { node { title } } } } } }
  artists(first: 100) { totalCount edges { cursor node { id name tracks(first: 9) { nodes { title } } } } }
  runs(first: 100) { totalCount nodes { id progress { total } } }
  viewer { tenant { id name slug apiKeys(first: 50) { nodes { id name prefix } }
    members(first: 50) { totalCount nodes { id name email } }
    modelPolicy { askBelow spentUsd sharesAnswers switchedOff }
    auditLog(first: 50) { nodes { actor after } } } } }"""
BY_ID = """query ($id: ID!) { node(id: $id) { __typename id ... on Tenant { name } ... on ApiKey { name }
  ... on Member { email } }
  nodes(ids: [$id]) { id } track(id: $id) { title } artist(id: $id) { name } run(id: $id) { id } }"""
FILTERED = "query ($id: ID!) { tracks(first: 9, filter: { ids: [$id] }) { totalCount nodes { id } } }"
SEARCHES = """query ($q: String!) {
  words: searchTracks(query: $q, mode: LEXICAL, first: 20) { ...Found }
  both: searchTracks(query: $q, first: 20) { ...Found } }
fragment Found on TrackSearchConnection { totalCount edges { score passage { text } node { title } } }"""
TRENDS = """{
  tracks: trends(metric: TRACKS) { key tracks(first: 9) { nodes { title } }
    points { tracks value behind(first: 9) { nodes { title } } } }
  themes: trends(metric: THEME) { key points { tracks } } }"""
# The prefix of the ids that a mutation takes, and its input.
TOUCH: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "updateTrack": ("trk", lambda id_: {"id": id_, "title": "taken over"}),
    "deleteTracks": ("trk", lambda id_: {"ids": [id_]}),
    "analyzeTracks": ("trk", lambda id_: {"ids": [id_]}),
    "cancelRun": ("run", lambda id_: {"id": id_}),
    "retryFailed": ("run", lambda id_: {"id": id_}),
    "revokeApiKey": ("key", lambda id_: {"id": id_}),
    "rotateApiKey": ("key", lambda id_: {"id": id_}),
    "removeMember": ("mem", lambda id_: {"id": id_}),
}


def mutation(name: str, selection: str) -> str:
    return f"mutation ($i: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $i) {{ {selection} }} }}"


def nobodys(id_: str) -> str:
    """An id of the same type that does not exist."""
    return f"{id_.partition('_')[0]}_{random.getrandbits(128):032x}"


def normal(body: Any, id_: str) -> Any:
    """What an answer says, without the id that was sent and without what the request cost."""
    return {key: str(body.get(key)).replace(id_, "…") for key in ("data", "errors")}


def word() -> str:
    return "zq" + "".join(random.choices(string.ascii_lowercase, k=12))
