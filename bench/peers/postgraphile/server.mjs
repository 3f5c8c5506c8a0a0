// PostGraphile on the tables of a tenant, confined by the same policies.
// Run: node server.mjs PORT DATABASE_URL TENANT, or with `schema` as a fourth argument to print its schema.
import { createServer } from "node:http";

import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { printSchema } from "postgraphile/graphql";

const [port, connectionString, tenant, print] = process.argv.slice(2);

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString, schemas: ["public"], poolSize: 8 })],
  grafserv: { port: Number(port), graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: {
    explain: false,
    context: () => ({ pgSettings: { role: "rap_analyzer_app", "app.tenant_id": tenant } }),
  },
});

if (print) {
  console.log(printSchema(await instance.getSchema()));
  process.exit();
}
const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
