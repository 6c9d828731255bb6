import { defineConfig } from "vitest/config";

export default defineConfig({
  esbuild: { jsx: "automatic" },
  build: { target: "es2022", modulePreload: { polyfill: false } },
  // A test says what is true, never how fast: a busy machine may take its time.
  test: { include: ["src/**/*.test.ts"], testTimeout: 60_000 },
});
