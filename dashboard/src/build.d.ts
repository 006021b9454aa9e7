/// Names the sources that a script was built from; equal sources have equal names. Put in by vite.config.ts.
declare const __BUILD__: string;
