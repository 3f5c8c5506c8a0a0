// Stands in for prettier's babel and estree plugins, which GraphiQL loads (535 KB of them) for nothing
// but to indent variables and headers. jsonc-parser is in the bundle anyway and keeps comments too.
import { applyEdits, format } from "jsonc-parser";

const INDENT = { tabSize: 2, insertSpaces: true };

export const parsers = {
  jsonc: {
    astFormat: "jsonc",
    parse: (text) => ({ text }),
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
};

export const printers = {
  jsonc: { print: ({ node: { text } }) => applyEdits(text, format(text, undefined, INDENT)) },
};
