import "./nonce.js";
import "./workers.js";
import "./editors.js";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./page.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { defaultHeaders, endpoint, isDemo } from "./config.js";
import { examples } from "./examples.js";
import { createFetcher } from "./fetcher.js";
import { KeyKeeper } from "./KeyKeeper.jsx";
import { storage } from "./storage.js";

// GraphiQL fills its variable editor from storage alone, never from the first of defaultTabs.
if (storage.getItem("graphiql:tabState") === null) {
  storage.setItem("graphiql:query", examples[0].query);
  storage.setItem("graphiql:variables", examples[0].variables);
}

const fetcher = createFetcher({
  endpoint,
  initialHeaders: storage.getItem("graphiql:headers") ?? defaultHeaders,
});

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    defaultTabs={examples}
    defaultHeaders={defaultHeaders}
    defaultEditorToolsVisibility={isDemo ? "variables" : "headers"}
    defaultTheme="dark"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>rap-analyzer</GraphiQL.Logo>
    {!isDemo && <KeyKeeper placeholder={defaultHeaders} />}
  </GraphiQL>,
);
