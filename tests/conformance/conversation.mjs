// One raw socket: what is said on it, and what comes back.
import { once } from 'node:events';
import WebSocket from 'ws';
import { authorization } from './support.mjs';

const END = '{"type":"ping","payload":{"the":"end"}}';
const PONG = END.replace('ping', 'pong');

export const init = { type: 'connection_init', payload: { authorization } };
export const hear = (type, id) => ({ hear: { type, id } });
export const subscribe = (query, { id = '1', ...payload } = {}) => ({ type: 'subscribe', id, payload: { query, ...payload } });
export const complete = (id = '1') => ({ type: 'complete', id });
/** The step that waits until the server closes by itself. */
export const closed = { closed: true };

/**
 * Says the steps one after another: strings and bytes as they are, objects as JSON. hear(type, id) waits for
 * such a message that was not waited for before. Ends with a ping of its own, whose pong comes when all is
 * read; or when the server closes.
 */
export async function converse(url, steps, protocols = ['graphql-transport-ws']) {
  const socket = new WebSocket(url, protocols);
  const said = { frames: [], close: null, error: null };
  let news = () => {};
  socket.on('message', (data, isBinary) => {
    said.frames.push(isBinary ? { binary: String(data) } : JSON.parse(String(data)));
    news();
  });
  const over = new Promise((end) => {
    socket.on('close', (code, reason) => { said.close = { code, reason: String(reason) }; news(); end(); });
    socket.on('error', (error) => { said.error = error.message; });
  });
  await Promise.race([once(socket, 'open').catch(() => {}), over]);
  const until = async (met) => {
    while (!said.close && !met()) await new Promise((resolve) => { news = resolve; });
  };
  const heard = new Set();
  for (const step of steps) {
    if (said.close) break;
    if (step.hear) {
      const { type, id } = step.hear;
      const fits = (frame) => !heard.has(frame) && frame.type === type && (id === undefined || frame.id === id);
      await until(() => said.frames.some(fits));
      heard.add(said.frames.find(fits));
    } else if (step.closed) {
      await over;
    } else {
      socket.send(typeof step === 'string' || step instanceof Uint8Array ? step : JSON.stringify(step));
    }
  }
  if (!said.close) {
    socket.send(END);
    const isEnd = (frame) => JSON.stringify(frame) === PONG;
    await until(() => said.frames.some(isEnd));
    said.frames = said.frames.filter((frame) => !isEnd(frame));
  }
  const { code, reason } = said.close ?? {};
  if (!said.close) socket.terminate();
  await over;
  return { frames: said.frames, code, reason, error: said.error };
}

/** What two servers have to say alike: the messages of each operation in order, and how the socket ended. */
export function comparable({ frames, code, error }) {
  const operations = Object.create(null);
  for (const frame of frames) {
    const { id = 'socket', ...rest } = structuredClone(frame);
    if (rest.type === 'next') delete rest.payload.extensions;
    for (const problem of rest.payload?.errors ?? (Array.isArray(rest.payload) ? rest.payload : [])) {
      // Ours are coded, and say more or, of what failed inside, less.
      delete problem.extensions;
      delete problem.message;
    }
    (operations[id] ??= []).push(rest);
  }
  return { operations, code, error };
}
