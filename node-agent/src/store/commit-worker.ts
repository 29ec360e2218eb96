/** Body of the thread that writes the state: a flush to the disk takes milliseconds, and nobody else waits for it. */
import { type DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import {
  type CommitOutcome,
  type CommitReply,
  type CommitRequest,
  type CommitWorkerInit,
  type Statement,
} from "./commit-messages.ts";
import { inTransaction, openForWriting } from "./open-file.ts";
import { faultOf } from "./state-fault.ts";

const { path, maxBytes } = workerData as CommitWorkerInit;
/** By text: there are as many as the stores have. */
const prepared = new Map<string, StatementSync>();

function answer(task: () => CommitOutcome): void {
  let reply: CommitReply;
  try {
    reply = { type: task() };
  } catch (error) {
    reply = { type: "failed", fault: faultOf(error) };
  }
  parentPort?.postMessage(reply);
}

function run(database: DatabaseSync, { sql, values }: Statement): void {
  const known = prepared.get(sql) ?? database.prepare(sql);
  prepared.set(sql, known);
  known.run(...values);
}

answer(() => {
  const database = openForWriting(path, maxBytes);
  parentPort?.on("message", (request: CommitRequest) => {
    answer(() => {
      if (request.type === "commit") {
        inTransaction(database, () => {
          for (const statement of request.statements) run(database, statement);
        });
        return "done";
      }
      // The last connection empties the log.
      database.close();
      return "closed";
    });
    if (request.type === "close") parentPort?.close();
  });
  return "ready";
});
