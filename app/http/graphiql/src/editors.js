// Monaco frames Cyrillic letters that look like Latin ones; here half of the lyrics are Russian.
import("monaco-graphql/esm/monaco-editor.js").then(({ editor }) =>
  editor.onDidCreateEditor((created) => {
    created.updateOptions({ unicodeHighlight: { ambiguousCharacters: false } });
  }),
);
