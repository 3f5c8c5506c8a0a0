// graphql-transport-ws: the same conversations with ours and with the reference server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { comparable, converse } from './conversation.mjs';
import { apart, conversations } from './conversations.mjs';
import { startReference } from './reference.mjs';
import { live } from './support.mjs';

const timeout = 30_000; // far beyond what a conversation takes: one that waits in vain is named
let reference;
before(async () => { reference = await startReference(); });
after(() => reference.dispose());

/** Ours that answers as the reference is set up: with a short time for the handshake, where that is the point. */
const ours = (code) => `${live}/${code === 4408 ? 'patient' : 'graphql'}`;

describe('as the reference', { concurrency: 8 }, () => {
  for (const [name, { steps, protocols, code }] of Object.entries(conversations)) {
    it(name, { timeout }, async () => {
      const [here, there] = await Promise.all([
        converse(ours(code), steps, protocols), converse(reference.url, steps, protocols),
      ]);
      assert.deepEqual(comparable(here), comparable(there));
      assert.ok(here.frames.every((frame) => !('binary' in frame)), 'every frame is text');
      if (!protocols?.includes('graphql-ws')) assert.equal(here.code, code);
      // 4400 has a reason of the server's own; ours may go on where the reference stops.
      if (here.code && here.code !== 4400) assert.ok(here.reason.startsWith(there.reason), `${here.reason} | ${there.reason}`);
      assert.doesNotMatch(JSON.stringify(here), /secret/);
    });
  }
});

describe('otherwise than the reference', { concurrency: 8 }, () => {
  for (const [name, { why, steps, ours: expected, theirs }] of Object.entries(apart)) {
    it(`${name}: ${why}`, { timeout }, async () => {
      const [here, there] = await Promise.all([converse(ours(), steps), converse(reference.url, steps)]);
      assert.deepEqual(course(here), expected);
      assert.deepEqual(course(there), theirs, 'the reference has changed: compare anew');
    });
  }
});

/** The types of what a server sent, and the code with which it closed. */
function course({ frames, code }) {
  return [...frames.map((frame) => frame.type), ...(code === undefined ? [] : [code])];
}
