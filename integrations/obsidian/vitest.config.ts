import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { obsidian: "obsidian-test-mocks/obsidian" } },
  test: {
    include: ["tests/**/*.test.ts"],
    // A test of hundreds of cases takes seconds, and many more on a busy machine; it may hang, not be slow.
    testTimeout: 120_000,
    server: { deps: { inline: ["obsidian-test-mocks"] } },
  },
});
