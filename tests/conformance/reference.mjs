// graphql-ws, the reference server of graphql-transport-ws, with the schema of tests/api/live/schema.py.
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { authorization, liveSchema } from './support.mjs';

const roots = {
  query: {
    hello: ({ name }) => `Hello, ${name}`,
    boom: () => { throw new Error('a secret line of a lyric'); },
    slow: () => sleep(60_000, 'late', { ref: false }),
  },
  mutation: { double: ({ number }) => 2 * number },
  subscription: {
    async *count({ to }) {
      for (let number = 1; number <= to; number += 1) yield { count: number };
    },
    // Not an async function with a promise that never settles: what return() was called on could not end.
    forever: ({ name }) => ({
      sent: false,
      ended: null,
      next() {
        if (this.sent) return new Promise((end) => { this.ended = end; });
        this.sent = true;
        return Promise.resolve({ value: { forever: name }, done: false });
      },
      async return() {
        this.ended?.({ value: undefined, done: true });
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() { return this; },
    }),
    async *broken({ kindly }) {
      yield { broken: 1 };
      throw new Error(kindly ? 'This is as far as it goes.' : 'a secret line of a lyric');
    },
  },
};

/** Its address, and what ends it. Our key is the one that it lets in. */
export async function startReference() {
  const schema = buildSchema(await readFile(liveSchema, 'utf8'));
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const onConnect = ({ connectionParams: sent }) => sent?.authorization === authorization;
  const options = { schema, roots, onConnect, connectionInitWaitTimeout: 2000 };
  const { dispose } = useServer(options, server);
  return { url: `ws://127.0.0.1:${server.address().port}`, dispose };
}
