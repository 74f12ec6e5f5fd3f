/** What commands cost, as text. */
import type { Run } from "./app";

export function figures(runs: Record<string, Run>): string {
  return Object.entries(runs)
    .map(
      ([
        name,
        {
          seconds,
          requests: { total, refused },
        },
      ]) => {
        return `${name}: ${total} requests, ${refused} refused, ${seconds.toFixed(1)} s`;
      },
    )
    .join(" · ");
}
