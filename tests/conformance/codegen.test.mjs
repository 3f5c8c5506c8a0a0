// graphql-codegen makes types of the schema and of our operations, which hold under tsc --strict.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { before, it } from 'node:test';
import { promisify } from 'node:util';
import { authorization, endpoint } from './support.mjs';

const HERE = new URL('.', import.meta.url).pathname;
const run = promisify(execFile);

/** A program of a package, whose output is the error where it fails. */
async function program(path, ...args) {
  try {
    await run(process.execPath, [`node_modules/${path}`, ...args], { cwd: HERE });
  } catch (error) {
    assert.fail(`${error.stdout}${error.stderr}`);
  }
}

before(async () => {
  for (const name of ['codegen', 'compiled']) rmSync(`${HERE}generated/${name}`, { recursive: true, force: true });
  await program('@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.config.mjs');
});

it('compiles a program that uses them, and refuses what is wrong', async () => {
  await program('typescript/bin/tsc', '--project', 'tsconfig.json');
});

it('gives a program that runs', async () => {
  const { run: main } = await import('./generated/compiled/typed/program.js');
  const lines = await main(endpoint, authorization);
  assert.match(lines[0], /^Song \d by Singer \d, no date$/);
  assert.equal(lines.at(-1), 'Typed');
});
