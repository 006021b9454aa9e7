// DuckDB counting the plain funnel of the stays that bench_report wrote: entered, left by each cause, and the share that
// dropped, by touchpoint and channel. Prints one line of JSON.
//
// usage: node funnel.mjs STAYS.csv THREADS RUNS
import { DuckDBInstance, version } from "@duckdb/node-api";

const [file, threads, runs] = process.argv.slice(2);
const CAUSES = ["open", "advanced", "hopped", "went_back", "dropped", "exited", "achieved"];
const FUNNEL = `
  SELECT touchpoint, channel, count(*) AS entered,
         ${CAUSES.map((cause) => `count(*) FILTER (cause = '${cause}') AS ${cause}`).join(", ")},
         dropped / entered AS drop_off
  FROM stays GROUP BY touchpoint, channel ORDER BY touchpoint, channel`;

const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();

const begun = performance.now();
await connection.run(`CREATE TABLE texts AS SELECT * FROM read_csv('${file}', header = true)`);
// As codes, which is what we count over too.
for (const column of ["touchpoint", "channel", "plan", "cause"]) {
  await connection.run(`CREATE TYPE ${column} AS ENUM (SELECT DISTINCT ${column} FROM texts ORDER BY 1)`);
}
await connection.run(`CREATE TABLE stays AS SELECT instance, touchpoint::touchpoint AS touchpoint, channel::channel AS channel,
                                                   plan::plan AS plan, entered_ms, left_ms, cause::cause AS cause FROM texts`);
await connection.run("DROP TABLE texts");
const loaded = performance.now();

const times = [];
let rows = [];
for (let run = 0; run < Number(runs); ++run) {
  const start = performance.now();
  rows = (await connection.runAndReadAll(FUNNEL)).getRows();
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const dropped = 3 + CAUSES.indexOf("dropped");
console.log(JSON.stringify({
  version: version(),
  load_s: (loaded - begun) / 1000,
  ms: times[Math.floor(times.length / 2)],
  funnel: rows.map((row) => [row[0], row[1], Number(row[2]), Number(row[dropped])]),
}));
