import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";

const PAUSE_MS = 600;

// GraphiQL keeps headers by tab and reads the schema once. Without a demo key that would mean typing the
// key into every tab and reloading the schema by hand, so this carries the key over and reloads.
export function KeyKeeper({ placeholder }) {
  const { headerEditor, schema } = useGraphiQL(({ headerEditor, schema }) => ({ headerEditor, schema }));
  const { introspect } = useGraphiQLActions();
  const hasSchema = Boolean(schema);

  useEffect(() => {
    if (!headerEditor) return undefined;
    let typed = headerEditor.getValue();
    let timer;
    const listener = headerEditor.onDidChangeModelContent(() => {
      const value = headerEditor.getValue();
      if (value === placeholder) {
        // After GraphiQL has finished switching tabs: this event arrives in the middle of it.
        if (typed !== placeholder) queueMicrotask(() => headerEditor.setValue(typed));
        return;
      }
      typed = value;
      clearTimeout(timer);
      if (!hasSchema && /authorization/i.test(value)) timer = setTimeout(introspect, PAUSE_MS);
    });
    return () => {
      clearTimeout(timer);
      listener.dispose();
    };
  }, [headerEditor, hasSchema, introspect, placeholder]);

  return null;
}
