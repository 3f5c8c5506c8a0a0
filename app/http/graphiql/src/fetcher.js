import { getOperationAST } from "graphql";
import { createClient } from "graphql-ws";
import { parse } from "jsonc-parser";

// A plain object, not an Error: GraphiQL prints an Error with the stack of our minified code.
const failure = (message) => ({ errors: [{ message }] });

async function post(endpoint, params, headers) {
  let response;
  try {
    response = await fetch(endpoint, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        accept: "application/graphql-response+json, application/json",
        "content-type": "application/json",
        ...headers,
      },
      body: JSON.stringify(params),
    });
  } catch (error) {
    return failure(`The request could not be sent (${error.message}). Is the server running?`);
  }
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return failure(`The server answered ${response.status} without JSON: ${text.slice(0, 200)}`);
  }
}

function authorizationOf(headers) {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization");
  return name === undefined ? {} : { authorization: headers[name] };
}

function reasonOf(problem) {
  if (Array.isArray(problem)) return { errors: problem };
  if (problem instanceof CloseEvent) {
    return failure(`The server closed the socket: ${problem.code} ${problem.reason || "(no reason given)"}`);
  }
  return failure(problem.message ?? "The socket could not be opened. Is the server running?");
}

// A socket of its own for each subscription: it carries the key that the header editor holds right now.
// No retry: starting over without `after` would skip events silently.
function subscribe(endpoint, params, headers) {
  return {
    subscribe(observer) {
      const url = new URL(endpoint, location.href);
      url.protocol = url.protocol.replace("http", "ws");
      const client = createClient({
        url: url.href,
        retryAttempts: 0,
        keepAlive: 20_000,
        connectionParams: authorizationOf(headers),
      });
      const unsubscribe = client.subscribe(params, {
        next: (result) => observer.next(result),
        complete: () => observer.complete(),
        error(problem) {
          observer.next(reasonOf(problem));
          observer.complete();
        },
      });
      return { unsubscribe };
    },
  };
}

export function createFetcher({ endpoint, initialHeaders }) {
  return (params, { headers, documentAST } = {}) => {
    // GraphiQL asks for the schema before its header editor exists, and without a document.
    if (!documentAST) return post(endpoint, params, headers ?? parse(initialHeaders) ?? {});
    const operation = getOperationAST(documentAST, params.operationName);
    const send = operation?.operation === "subscription" ? subscribe : post;
    return send(endpoint, params, headers ?? {});
  };
}
