import { parseGpuReport } from "../../../node-agent/src/domain/gpu-report.ts";
import { type GpuCard } from "../../../node-agent/src/domain/gpu-card.ts";

export const uuidOf = (digit: string): string => `GPU-${digit.repeat(8)}-0000-4000-8000-00000000000${digit}`;

/** What `nvidia-smi --query-gpu=… --format=csv,noheader,nounits` prints on machines with these cards. */
export const reports = {
  h100Sxm: `0, ${uuidOf("a")}, NVIDIA H100 80GB HBM3, 81559, 535.161.08, 00000000:18:00.0, Disabled, 9.0, Enabled
1, ${uuidOf("b")}, NVIDIA H100 80GB HBM3, 81559, 535.161.08, 00000000:2A:00.0, Disabled, 9.0, Enabled
`,
  a100PcieMig: `0, ${uuidOf("c")}, NVIDIA A100-PCIE-40GB, 40960, 525.147.05, 00000000:00:05.0, Enabled, 8.0, Enabled
1, ${uuidOf("d")}, NVIDIA A100-PCIE-40GB, 40960, 525.147.05, 00000000:00:06.0, Disabled, 8.0, Enabled
`,
  rtx4090Pair: `0, ${uuidOf("1")}, NVIDIA GeForce RTX 4090, 24564, 560.35.03, 00000000:01:00.0, [N/A], 8.9, Disabled
1, ${uuidOf("2")}, NVIDIA GeForce RTX 4090, 24564, 560.35.03, 00000000:02:00.0, [N/A], 8.9, Disabled
`,
  t4: `0, ${uuidOf("3")}, Tesla T4, 15360, 470.256.02, 00000000:00:1E.0, [N/A], 7.5, Enabled\r\n`,
  gtx1080: `0, ${uuidOf("4")}, NVIDIA GeForce GTX 1080, 8119, 470.256.02, 00000000:01:00.0, [Not Supported], 6.1, [Not Supported]\n`,
  unknown: `0, ${uuidOf("5")}, NVIDIA RTX PRO 6000 Blackwell Server Edition, 97887, 575.57.08, 00000000:01:00.0, Disabled, 12.0, Enabled\n`,
  none: "No devices were found\n",
  noDriver:
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
  lostCard: `0, ${uuidOf("1")}, NVIDIA GeForce RTX 4090, 24564, 560.35.03, 00000000:01:00.0, [N/A], 8.9, Disabled
1, [GPU is lost], [GPU is lost], [GPU is lost], 560.35.03, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]
`,
} as const;

export function cardsOf(name: keyof typeof reports): GpuCard[] {
  return parseGpuReport(reports[name]);
}
