export { fetchStatus, readEvents, readLogs } from "./client.ts";
