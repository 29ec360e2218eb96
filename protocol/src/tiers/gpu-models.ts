import { type PerformanceTierId } from "./performance-tiers.ts";

/** One GPU model. */
export interface GpuModel {
  /** What Resources.gpuModel holds. Never changes and is never given again; 0 is "no GPU". */
  readonly index: number;
  /** Short name, as manifests write it. */
  readonly model: string;
  /** As `nvidia-smi` prints it. */
  readonly title: string;
  /** Tier of a Fizz node with it; null where only providers are rewarded for it. */
  readonly fizzTier: PerformanceTierId | null;
  /** Tier of a provider with it; null where providers are not rewarded for it. */
  readonly providerTier: PerformanceTierId | null;
  /** List price of a Fizz node in millionths of a US dollar per hour; null where there is none. */
  readonly listPriceMicroUsd: number | null;
}

type Row = readonly [
  index: number,
  model: string,
  title: string,
  fizz: PerformanceTierId | null,
  provider: PerformanceTierId | null,
  microUsd: number | null,
];

// New models are added at the end.
const rows: readonly Row[] = [
  [1, "t1000", "NVIDIA T1000", "entry-1", null, 44000],
  [2, "p4", "Tesla P4", "entry-1", null, 46000],
  [3, "gtx1050", "NVIDIA GeForce GTX 1050", "entry-1", null, 50000],
  [4, "gtx1050ti", "NVIDIA GeForce GTX 1050 Ti", "entry-1", null, 70000],
  [5, "gtx1060", "NVIDIA GeForce GTX 1060", "entry-1", null, 50000],
  [6, "gtx1070", "NVIDIA GeForce GTX 1070", "entry-1", null, 50000],
  [7, "gtx1070ti", "NVIDIA GeForce GTX 1070 Ti", "entry-1", null, 70000],
  [8, "gtx1080", "NVIDIA GeForce GTX 1080", "entry-1", null, 53000],
  [9, "gtx1080ti", "NVIDIA GeForce GTX 1080 Ti", "entry-1", null, 72000],
  [10, "gtx1650", "NVIDIA GeForce GTX 1650", "entry-1", null, 40000],
  [11, "gtx1650ti", "NVIDIA GeForce GTX 1650 Ti", "entry-1", null, 50000],
  [12, "gtx1660", "NVIDIA GeForce GTX 1660", "entry-1", null, 40000],
  [13, "gtx1660ti", "NVIDIA GeForce GTX 1660 Ti", "entry-1", null, 50000],
  [14, "gtx1660super", "NVIDIA GeForce GTX 1660 SUPER", "entry-1", null, 55000],
  [15, "rtx2050", "NVIDIA GeForce RTX 2050", "entry-1", null, 42000],
  [16, "rtx2060", "NVIDIA GeForce RTX 2060", "entry-1", null, 45000],
  [17, "rtx2060super", "NVIDIA GeForce RTX 2060 SUPER", "entry-1", null, 55000],
  [18, "rtx2070", "NVIDIA GeForce RTX 2070", "entry-1", null, 50000],
  [19, "rtx2080", "NVIDIA GeForce RTX 2080", "entry-2", null, 50000],
  [20, "rtx2080super", "NVIDIA GeForce RTX 2080 SUPER", "entry-2", null, 56000],
  [21, "rtx3050", "NVIDIA GeForce RTX 3050", "entry-2", null, 51000],
  [22, "rtx3050ti", "NVIDIA GeForce RTX 3050 Ti", "entry-2", null, 55000],
  [23, "rtx3060", "NVIDIA GeForce RTX 3060", "entry-2", null, 52000],
  [24, "rtx3060ti", "NVIDIA GeForce RTX 3060 Ti", "entry-2", null, 58000],
  [25, "rtx3070", "NVIDIA GeForce RTX 3070", "entry-2", null, 52000],
  [26, "rtx3070ti", "NVIDIA GeForce RTX 3070 Ti", "entry-2", null, 63000],
  [27, "rtx4050", "NVIDIA GeForce RTX 4050", "entry-2", null, 55000],
  [28, "rtx4060", "NVIDIA GeForce RTX 4060", "entry-2", null, 55000],
  [29, "rtx4060ti", "NVIDIA GeForce RTX 4060 Ti", "entry-2", null, 65000],
  [30, "rtx4070", "NVIDIA GeForce RTX 4070", "entry-2", null, 58000],
  [31, "p100", "Tesla P100-PCIE-16GB", "entry-2", "entry-2", 60000],
  [32, "rtxa4000", "NVIDIA RTX A4000", "entry-2", "entry-2", 81000],
  [33, "rtx2080ti", "NVIDIA GeForce RTX 2080 Ti", "low-1", null, 70000],
  [34, "rtx3080", "NVIDIA GeForce RTX 3080", "low-1", null, 70000],
  [35, "rtx3080ti", "NVIDIA GeForce RTX 3080 Ti", "low-1", null, 72000],
  [36, "rtx4070ti", "NVIDIA GeForce RTX 4070 Ti", "low-1", null, 75000],
  [37, "rtx4070super", "NVIDIA GeForce RTX 4070 SUPER", "low-1", null, 77000],
  [38, "rtx4070tisuper", "NVIDIA GeForce RTX 4070 Ti SUPER", "low-1", null, 78000],
  [39, "rtx4000", "Quadro RTX 4000", "low-1", "low-1", 60000],
  [40, "p40", "Tesla P40", "low-1", "low-1", 85000],
  [41, "t4", "Tesla T4", "low-1", "low-1", 35000],
  [42, "rtx4080", "NVIDIA GeForce RTX 4080", "low-2", null, 85000],
  [43, "rtx4080super", "NVIDIA GeForce RTX 4080 SUPER", "low-2", null, 90000],
  [44, "titanrtx", "NVIDIA TITAN RTX", "low-2", "low-2", 132000],
  [45, "rtx3090", "NVIDIA GeForce RTX 3090", "low-2", "low-2", 126000],
  [46, "rtx3090ti", "NVIDIA GeForce RTX 3090 Ti", "low-2", "low-2", 148000],
  [47, "rtx5060ti", "NVIDIA GeForce RTX 5060 Ti", "low-2", null, 140000],
  [48, "rtx4090", "NVIDIA GeForce RTX 4090", "medium-1", "medium-1", 175000],
  [49, "rtx5090", "NVIDIA GeForce RTX 5090", "medium-1", "medium-2", 250000],
  [50, "rtx5080", "NVIDIA GeForce RTX 5080", "medium-1", null, 185000],
  [51, "rtx5070ti", "NVIDIA GeForce RTX 5070 Ti", "medium-1", null, 150000],
  [52, "rtxa5000", "NVIDIA RTX A5000", "medium-1", "medium-1", 88000],
  [53, "a10", "NVIDIA A10", "medium-1", "medium-1", 91000],
  [54, "a10g", "NVIDIA A10G", "medium-1", "medium-1", 123000],
  [55, "l4", "NVIDIA L4", "medium-1", "medium-1", 98000],
  [56, "v100", "Tesla V100-SXM2-16GB", "medium-1", "medium-1", 88000],
  [57, "v100s", "Tesla V100S-PCIE-32GB", "medium-1", "medium-1", 92000],
  [58, "a40", "NVIDIA A40", "medium-1", "medium-1", 112000],
  [59, "rtx4000-ada", "NVIDIA RTX 4000 Ada Generation", "medium-1", "medium-1", 140000],
  [60, "rtx4000-sff-ada", "NVIDIA RTX 4000 SFF Ada Generation", "medium-1", "medium-1", 145000],
  [61, "l40", "NVIDIA L40", "medium-2", "medium-2", null],
  [62, "rtx8000", "Quadro RTX 8000", "medium-2", "medium-2", null],
  [63, "rtxa6000", "NVIDIA RTX A6000", "medium-2", "medium-2", null],
  [64, "l40s", "NVIDIA L40S", "high-1", "high-1", null],
  [65, "rtx6000-ada", "NVIDIA RTX 6000 Ada Generation", "high-1", "high-1", null],
  [66, "a100-pcie-40g", "NVIDIA A100-PCIE-40GB", "high-2", "high-2", null],
  [67, "a100-sxm-40g", "NVIDIA A100-SXM4-40GB", "high-2", "high-2", null],
  [68, "a100-80g", "NVIDIA A100 80GB PCIe", "ultra-high-1", "ultra-high-1", null],
  [69, "h100", "NVIDIA H100 80GB HBM3", "ultra-high-2", "ultra-high-2", null],
  [70, "a30", "NVIDIA A30", null, "medium-1", null],
  [71, "a16", "NVIDIA A16", null, "medium-1", null],
  [72, "rtx6000", "Quadro RTX 6000", null, "medium-2", null],
  [73, "rtx8000-ada", "NVIDIA RTX 8000 Ada Generation", null, "high-1", null],
  [74, "gh200", "NVIDIA GH200 480GB", null, "ultra-high-2", null],
  [75, "h200", "NVIDIA H200", null, "ultra-high-3", null],
  [76, "b200", "NVIDIA B200", null, "ultra-high-3", null],
];

export const gpuModels: readonly GpuModel[] = rows.map(
  ([index, model, title, fizzTier, providerTier, listPriceMicroUsd]) => ({
    index,
    model,
    title,
    fizzTier,
    providerTier,
    listPriceMicroUsd,
  }),
);
