import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';

// While developing, /v1 goes to a running `lotse serve`: LOTSE=http://127.0.0.1:8080 npm run dev
const lotse = process.env['LOTSE'] ?? 'http://127.0.0.1:8080';

/// Names what the scripts are built from, the same on each machine: every file's path and bytes, in one order.
function buildOf(...places: string[]): string {
  const hash = createHash('sha256');
  const add = (path: string): void => void hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
      (entry.isDirectory() ? walk : add)(join(folder, entry.name));
  };
  for (const place of places) (place.includes('.') ? add : walk)(place);
  return hash.digest('hex').slice(0, 12);
}

// Fixed names, so that the same sources give the same files, which the binary embeds: app.js has what the first view needs,
// and each import() in app.tsx a script of its own beside it.
export default defineConfig({
  base: './',
  define: { __BUILD__: JSON.stringify(buildOf('src', 'public', 'package-lock.json', 'vite.config.ts')) },
  // `h` is shorter than the automatic runtime: the script has a size to keep to.
  esbuild: {
    jsx: 'transform',
    jsxFactory: 'h',
    jsxFragment: 'Fragment',
    jsxInject: "import { h, Fragment } from 'preact'",
    tsconfigRaw: { compilerOptions: { jsx: 'react' } },
  },
  build: {
    target: 'es2022',
    minify: 'terser',
    terserOptions: {
      compress: { passes: 4, keep_fargs: false, pure_getters: true, ecma: 2020, unsafe_arrows: true },
      mangle: { module: true },
      format: { comments: false, ecma: 2020 },
    },
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rollupOptions: {
      output: { entryFileNames: 'app.js', chunkFileNames: '[name].js', assetFileNames: 'app[extname]' },
    },
  },
  server: { proxy: { '/v1': lotse } },
  preview: { proxy: { '/v1': lotse } },
});
