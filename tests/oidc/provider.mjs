// Two OpenID providers on loopback, as real as any: `okta`, and `mallory`, which must never pass for it.
// One line of JSON as the argument: {"service": "http://127.0.0.1:…", "ports": {"okta": …, "mallory": …}}.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

import { Provider } from "oidc-provider";

const { service, ports } = JSON.parse(process.argv[2]);
const AUDIENCE = "https://api.rap-analyzer.test";
const SCOPES = "tracks:read lyrics:read tracks:write usage:read admin:members";
const cookieKeys = [randomBytes(32).toString("hex")];

function newKeys() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = randomBytes(8).toString("hex");
  return { keys: [{ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }] };
}

// The login is the e-mail address; one that begins with "unverified" is not checked.
const account = (sub) => ({
  accountId: sub,
  claims: () => ({
    sub,
    email: sub,
    email_verified: !sub.startsWith("unverified"),
    name: sub.split("@")[0],
  }),
});

function provider(name, port) {
  const made = new Provider(`http://127.0.0.1:${port}`, {
    jwks: newKeys(),
    cookies: { keys: cookieKeys },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, sub) => account(sub),
    // Back-channel notices go to loopback, which the library's own dispatcher forbids.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    clients: [
      {
        client_id: "rap-analyzer",
        client_secret: "a secret of the tests",
        redirect_uris: [`${service}/auth/callback/${name}`],
        backchannel_logout_uri: `${service}/auth/backchannel/${name}`,
        backchannel_logout_session_required: true,
      },
      {
        client_id: "robot",
        client_secret: "a secret of the robot",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: (_, resource) => ({
          scope: SCOPES,
          audience: resource,
          accessTokenFormat: resource.startsWith(AUDIENCE) ? "jwt" : "opaque",
          accessTokenTTL: resource.endsWith("/brief") ? 1 : 600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600, AccessToken: 600 },
  });
  return made.callback();
}

for (const [name, port] of Object.entries(ports)) {
  let callback = provider(name, port);
  let keysRead = 0;
  createServer((request, response) => {
    if (request.url === "/jwks") keysRead += 1;
    if (request.url === "/test/keys-read") return response.end(String(keysRead));
    if (request.url === "/test/rotate") {
      callback = provider(name, port); // the same sessions, other keys
      return response.end();
    }
    return callback(request, response);
  }).listen(port, "127.0.0.1", () => console.log(`listening ${name}`));
}
