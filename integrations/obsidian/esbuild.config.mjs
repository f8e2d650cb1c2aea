// Bundles the plugin into `dist`, beside the two files that Obsidian loads with it.
import { copyFile, mkdir } from "node:fs/promises";
import process from "node:process";
import esbuild from "esbuild";

const watch = process.argv.includes("--watch");

await mkdir("dist", { recursive: true });
for (const name of ["manifest.json", "styles.css"]) await copyFile(name, `dist/${name}`);

const context = await esbuild.context({
  entryPoints: ["src/plugin/main.ts"],
  outfile: "dist/main.js",
  bundle: true,
  format: "cjs",
  platform: "browser",
  target: "es2021",
  external: ["obsidian", "electron", "@codemirror/*"],
  // Readable on purpose: whoever wants to know what runs in their vault can look.
  minify: false,
  sourcemap: watch ? "inline" : false,
  logLevel: "info",
});

if (watch) {
  await context.watch();
} else {
  await context.rebuild();
  await context.dispose();
}
