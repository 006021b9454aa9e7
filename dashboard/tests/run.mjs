// Bundles each *.test.ts and runs them by node's own runner, which on Node 18 and 20 does not read TypeScript.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'lotse-dashboard-'));
const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
await build({
  entryPoints: tests.map((name) => join(here, name)),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node18',
  define: { __BUILD__: '"test"' },
  external: ['node:*'],
  logLevel: 'warning',
});
const { status } = spawnSync(
  process.execPath,
  ['--test', ...tests.map((name) => join(out, name.replace('.ts', '.mjs')))],
  { stdio: 'inherit' },
);
rmSync(out, { recursive: true });
process.exitCode = status ?? 1;
