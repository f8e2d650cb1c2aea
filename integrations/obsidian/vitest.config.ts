import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { obsidian: "obsidian-test-mocks/obsidian" } },
  test: {
    include: ["tests/**/*.test.ts"],
    server: { deps: { inline: ["obsidian-test-mocks"] } },
  },
});
