import { defineConfig } from 'vite';

// While developing, /v1 goes to a running `lotse serve`: LOTSE=http://127.0.0.1:8080 npm run dev
const lotse = process.env['LOTSE'] ?? 'http://127.0.0.1:8080';

// Fixed names, so that the same sources give the same files, which the binary embeds: app.js has what the first view needs,
// and each import() in app.tsx a script of its own beside it.
export default defineConfig({
  base: './',
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
