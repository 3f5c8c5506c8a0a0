// What is said to both servers, ours and the reference, and the code with which both close.
import { closed, complete, hear, init, subscribe } from './conversation.mjs';

const ack = hear('connection_ack');
const done = (id = '1') => hear('complete', id);
const raw = (text) => [init, ack, text];

const malformed = [
  '', 'x', '[]', '[{"type":"ping"}]', '1', 'null', 'true', '"ping"', '{}', '[' .repeat(100_000), '\u0000{"type":"ping"}',
  '{"type":1}', '{"type":[]}', '{"type":null}', '{"type":""}', '{"type":"PING"}', '{"type":"start"}', '{"type":"ka"}',
  '{"type":"ping","payload":"x"}', '{"type":"ping","payload":[1]}', '{"type":"ping","payload":1}', '{"type":"ping","payload":false}',
  '{"type":"pong","payload":[1]}', '{"type":"pong","payload":""}', '{"type":"connection_init","payload":[]}', '{"type":"connection_init","payload":0}',
  '{"type":"complete"}', '{"type":"complete","id":1}', '{"type":"complete","id":null}', '{"type":"complete","id":""}',
  '{"type":"subscribe"}', '{"type":"subscribe","id":"1"}', '{"type":"subscribe","payload":{"query":"{ hello }"}}',
  ...['""', '1', '[1]', '{}', 'null', 'false'].map((id) => `{"type":"subscribe","id":${id},"payload":{"query":"{ hello }"}}`),
  ...['null', '"{ hello }"', '["{ hello }"]', '{}', '{"query":1}', '{"query":null}', '{"query":["{ hello }"]}'].map((payload) => `{"type":"subscribe","id":"1","payload":${payload}}`),
  ...['variables', 'extensions'].flatMap((name) => ['"x"', '[1]', '0', 'false'].map((value) => `{"type":"subscribe","id":"1","payload":{"query":"{ hello }","${name}":${value}}}`)),
  ...['1', '[]', '{}', 'true'].map((name) => `{"type":"subscribe","id":"1","payload":{"query":"{ hello }","operationName":${name}}}`),
  '{"type":"next"}', '{"type":"next","id":"1"}', '{"type":"error","id":"1","payload":{}}', '{"type":"connection_ack","payload":[]}',
];

export const conversations = {
  ...Object.fromEntries(malformed.flatMap((text) => [
    [`${text.slice(0, 80)} after the handshake`, { steps: raw(text), code: 4400 }],
    [`${text.slice(0, 80)} before the handshake`, { steps: [text], code: 4400 }],
  ])),

  'a key': { steps: [init, ack] },
  'a wrong key': { steps: [{ ...init, payload: { authorization: 'Bearer rap_live_nonsense' } }, closed], code: 4403 },
  'no key': { steps: [{ type: 'connection_init' }, closed], code: 4403 },
  'an empty payload': { steps: [{ type: 'connection_init', payload: {} }, closed], code: 4403 },
  'a payload that is null': { steps: [{ type: 'connection_init', payload: null }, closed], code: 4403 },
  'nothing at all': { steps: [closed], code: 4408 },
  'pings, but no handshake': { steps: [{ type: 'ping' }, hear('pong'), closed], code: 4408 },
  'two handshakes': { steps: [init, ack, init, closed], code: 4429 },
  'a subscription before the handshake': { steps: [subscribe('{ hello }'), closed], code: 4401 },
  'an invalid document before the handshake': { steps: [subscribe('{ nothing }'), closed], code: 4401 },
  'complete and pong before the handshake': { steps: [complete(), { type: 'pong' }, init, ack] },

  'pings': { steps: [{ type: 'ping' }, init, ack, { type: 'ping', payload: { a: [1, 'б'] } }, { type: 'ping', payload: null }, { type: 'ping', payload: {} }] },
  'pongs that nobody asked for': { steps: [init, ack, { type: 'pong' }, { type: 'pong', payload: { a: 1 } }] },
  'fields that nobody knows': { steps: [{ ...init, id: 7, more: [] }, ack, { ...subscribe('{ hello }'), more: {} }, done()] },
  'white space around a message': { steps: [init, ack, ' \n{ "type" : "ping" }\t'] },

  'a query': { steps: [init, ack, subscribe('query ($n: String!) { hello(name: $n) }', { variables: { n: 'Анна 🎤' } }), done()] },
  'a mutation': { steps: [init, ack, subscribe('mutation { double(number: 21) }'), done()] },
  'a subscription': { steps: [init, ack, subscribe('subscription { count(to: 3) }'), done()] },
  'a subscription to nothing': { steps: [init, ack, subscribe('subscription { count(to: 0) }'), done()] },
  'null for what is optional': { steps: [init, ack, subscribe('{ hello }', { variables: null, operationName: null, extensions: null }), done()] },
  'extensions': { steps: [init, ack, subscribe('{ hello }', { extensions: { a: 1 } }), done()] },
  'an operation by its name': { steps: [init, ack, subscribe('query A { a: hello } query B { b: hello }', { operationName: 'B' }), done()] },
  'several operations without a name': { steps: [init, ack, subscribe('query A { a: hello } query B { b: hello }'), hear('error')] },
  'an operation that is not there': { steps: [init, ack, subscribe('query A { a: hello }', { operationName: 'B' }), hear('error')] },
  'a document without operations': { steps: [init, ack, subscribe('fragment F on Query { hello }'), hear('error')] },
  'a field that is not there': { steps: [init, ack, subscribe('{ nothing }'), hear('error')] },
  'a subscription field that is not there': { steps: [init, ack, subscribe('subscription { nothing }'), hear('error')] },
  'a field that fails': { steps: [init, ack, subscribe('{ boom hello }'), done()] },
  'a variable of the wrong type': { steps: [init, ack, subscribe('query ($n: String!) { hello(name: $n) }', { variables: { n: 1 } }), done()] },
  'a subscription with a variable of the wrong type': { steps: [init, ack, subscribe('subscription ($to: Int!) { count(to: $to) }', { variables: { to: 'x' } }), done()] },
  'a subscription without its variable': { steps: [init, ack, subscribe('subscription ($to: Int!) { count(to: $to) }'), done()] },
  'a stream that breaks': { steps: [init, ack, subscribe('subscription { broken(kindly: true) }'), hear('error'), subscribe('{ hello }'), done()] },
  'a stream that breaks inside': { steps: [init, ack, subscribe('subscription { broken(kindly: false) }'), hear('error')] },

  'an id that is taken': { steps: [init, ack, subscribe('subscription { forever(name: "a") }'), hear('next', '1'), subscribe('{ hello }'), closed], code: 4409 },
  'an id that is taken in the same breath': { steps: [init, ack, subscribe('{ slow }'), subscribe('{ hello }'), closed], code: 4409 },
  'an id again': { steps: [init, ack, subscribe('{ hello }'), done(), subscribe('{ hello }'), done()] },
  'an id again after an error': { steps: [init, ack, subscribe('{ nothing }'), hear('error'), subscribe('{ hello }'), done()] },
  'complete of a subscription is not answered': { steps: [init, ack, subscribe('subscription { forever(name: "a") }'), hear('next', '1'), complete()] },
  'complete of a query that runs': { steps: [init, ack, subscribe('{ slow }'), complete()] },
  'complete of what is not there': { steps: [init, ack, complete('unknown'), complete('unknown')] },
  'operations side by side': { steps: [
    init, ack, subscribe('subscription { forever(name: "a") }', { id: 'a' }),
    subscribe('subscription { count(to: 2) }', { id: 'b' }), subscribe('{ hello }', { id: 'c' }), done('c'), done('b'), hear('next', 'a'),
  ] },
  'ids of any kind': { steps: [init, ack, ...['__proto__', 'constructor', ' ', '🎤', 'x'.repeat(1000)].flatMap((id) => [subscribe('{ hello }', { id }), done(id)])] },

  'another subprotocol': { steps: [closed], protocols: ['graphql-ws'], code: undefined },
  'no subprotocol': { steps: [closed], protocols: [], code: 4406 },
  'ours among other subprotocols': { steps: [init, ack], protocols: ['graphql-ws', 'graphql-transport-ws'] },
};

const forever = subscribe('subscription { forever(name: "a") }');
const goesOn = 'Messages are read in order, and the key is checked before the next one. The reference reads on meanwhile.';

/** Where ours differs on purpose: why, and what each sends and closes with. */
export const apart = {
  'a document that does not parse': {
    why: 'An operation that fails ends alone. The reference closes the socket, and with it all others.',
    steps: [init, ack, subscribe('{'), hear('error')],
    ours: ['connection_ack', 'error'], theirs: ['connection_ack', 4500],
  },
  'an empty document': {
    why: 'The same.',
    steps: [init, ack, subscribe(''), hear('error')],
    ours: ['connection_ack', 'error'], theirs: ['connection_ack', 4500],
  },
  ...Object.fromEntries([
    '{"type":"connection_ack"}', '{"type":"next","id":"1","payload":{}}', '{"type":"error","id":"1","payload":[{"message":"x"}]}',
  ].map((text) => [`a server's message from a client: ${text}`, {
    why: 'PROTOCOL.md has 4400 for types that it does not specify. The reference takes it for its own failure.',
    steps: [init, ack, text, closed],
    ours: ['connection_ack', 4400], theirs: ['connection_ack', 4500],
  }])),
  'a binary frame': {
    why: 'Messages are text, in both directions.',
    steps: [init, ack, Buffer.from('{"type":"ping"}'), hear('pong')],
    ours: ['connection_ack', 4400], theirs: ['connection_ack', 'pong'],
  },
  'half a surrogate': {
    why: 'No UTF-8 can carry it back: the reference answers with another id.',
    steps: [init, ack, '{"type":"subscribe","id":"\\ud800","payload":{"query":"{ hello }"}}', hear('complete')],
    ours: ['connection_ack', 4400], theirs: ['connection_ack', 'next', 'complete'],
  },
  'two handshakes in one breath': {
    why: goesOn, steps: [init, init, closed], ours: ['connection_ack', 4429], theirs: [4429],
  },
  'a subscription right behind the handshake': {
    why: goesOn, steps: [init, subscribe('{ hello }'), hear('complete')],
    ours: ['connection_ack', 'next', 'complete'], theirs: [4401],
  },
  'an id again right after complete': {
    why: 'The reference takes the new operation for the old one, and completes it twice.',
    steps: [init, ack, forever, hear('next'), complete(), subscribe('{ hello }'), hear('next'), done(), { type: 'ping' }, hear('pong')],
    ours: ['connection_ack', 'next', 'next', 'complete', 'pong'],
    theirs: ['connection_ack', 'next', 'next', 'complete', 'complete', 'pong'],
  },
};
