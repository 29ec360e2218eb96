import { describeHistoryKills } from "../relayer/support/history-kills.ts";

const KILLS = 20;

describeHistoryKills(KILLS);
