import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

const OPERATIONS = "../../../graphql/operations";
const jsonc = fileURLToPath(new URL("src/jsonc.js", import.meta.url));

// File names carry no hash, so that a rebuild shows up in git as edits of the same files. assets.py
// puts a digest of the whole build into the path it serves them under, which makes a long cache safe.
const names = (prefix) => ({
  entryFileNames: `${prefix}[name].js`,
  chunkFileNames: `${prefix}[name].js`,
  assetFileNames: "[name][extname]",
});

// What this build was made from, as `sha256sum -c` reads it: a test compares, so that nobody changes a
// source and forgets the build.
const sources = () => [
  "package-lock.json",
  "vite.config.js",
  ...readdirSync("src").map((name) => `src/${name}`),
  ...readdirSync(OPERATIONS)
    .filter((name) => /^(AddTracks|Feed|SearchByMeaning|WatchAnalyses)\./.test(name))
    .map((name) => `${OPERATIONS}/${name}`),
];
const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
const recordSources = {
  name: "record-sources",
  generateBundle() {
    const source = sources().sort().map((file) => `${sha256(file)}  ${file}\n`).join("");
    this.emitFile({ type: "asset", fileName: "SOURCES.sha256", source });
  },
};

// React libraries mark their files "use client" for server rendering, which there is none of here.
const onwarn = (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning);

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [recordSources],
  resolve: { alias: { "prettier/plugins/estree": jsonc, "prettier/parser-babel": jsonc } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    license: { fileName: "THIRD_PARTY_LICENSES.md" },
    modulePreload: false,
    chunkSizeWarningLimit: 5000,
    rollupOptions: { input: { main: "src/main.jsx" }, output: names(""), onwarn },
  },
  // Workers are built apart but land in the same folder: without the prefix a chunk of theirs silently
  // replaces one of the page's that has the same name. The es format splits prettier off.
  worker: { format: "es", rollupOptions: { output: names("worker-") } },
});
