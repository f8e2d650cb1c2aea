// The rules of Obsidian's own review, with types.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import obsidianmd from "eslint-plugin-obsidianmd";
import { defineConfig, globalIgnores } from "eslint/config";

export default defineConfig([
  globalIgnores(["dist", "node_modules", "package-lock.json"]),
  ...obsidianmd.configs.recommended,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.mjs", "esbuild.config.mjs"] },
        tsconfigRootDir: dirname(fileURLToPath(import.meta.url)),
      },
    },
  },
  {
    // These run in Node and are not part of the plugin.
    files: ["tests/**/*.ts", "*.mjs", "*.config.ts"],
    languageOptions: { globals: { Buffer: "readonly", process: "readonly", fetch: "readonly", setTimeout: "readonly" } },
    rules: {
      "obsidianmd/no-nodejs-modules": "off",
      "obsidianmd/prefer-window-timers": "off",
      "no-restricted-globals": "off",
    },
  },
]);
