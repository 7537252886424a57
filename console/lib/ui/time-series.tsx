// Lines over time, drawn by uPlot, which is fetched when the first one is shown; the same figures as a table beside it.
import { useEffect, useRef } from "react";
import "uplot/dist/uPlot.min.css";
import { useTexts } from "../i18n/language";
import { useTheme } from "./theme";

export interface Series {
  label: string;
  values: readonly (number | null)[];
}

export interface TimeSeriesProps {
  label: string;
  /** Seconds since 1970. */
  times: readonly number[];
  series: readonly Series[];
  unit: string;
}

const HEIGHT = 220;
const LINES = ["--accent", "--read", "--danger", "--note-ink"] as const;

export function TimeSeries({ label, times, series, unit }: TimeSeriesProps) {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const { code } = useTexts();
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    let chart: { destroy: () => void; setSize: (size: { width: number; height: number }) => void } | null = null;
    let gone: "no" | "yes" = "no";
    const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const day = times.length > 1 && (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * 86_400;
    const axisTime = new Intl.DateTimeFormat(code === "en" ? "en-GB" : code, day ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" });
    void import("uplot").then(({ default: Plot }) => {
      if (gone === "yes") return;
      const axis = { stroke: color("--ink-soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), width: 1 }, font: "11px Inter Variable, sans-serif" };
      chart = new Plot(
        {
          width: box.clientWidth,
          height: HEIGHT,
          legend: { show: false },
          cursor: { y: false },
          axes: [
            { ...axis, values: (_plot, ticks) => ticks.map((tick) => axisTime.format(tick * 1000)) },
            { ...axis, size: 64, values: (_plot, ticks) => ticks.map((tick) => `${tick} ${unit}`) },
          ],
          series: [{}, ...series.map((one, index) => ({ label: one.label, stroke: color(LINES[index % LINES.length] ?? "--accent"), width: 2, spanGaps: false, points: { show: times.length < 40 } }))],
        },
        [[...times], ...series.map((one) => [...one.values])],
        box,
      );
    });
    const observer = new ResizeObserver(() => chart?.setSize({ width: box.clientWidth, height: HEIGHT }));
    observer.observe(box);
    return () => {
      gone = "yes";
      observer.disconnect();
      chart?.destroy();
    };
  }, [times, series, unit, theme, code]);
  return (
    <figure className="grid gap-2">
      <div ref={place} role="img" aria-label={label} className="min-h-55 w-full overflow-hidden" />
      <figcaption className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-soft">
        {series.map((one, index) => (
          <span key={one.label} className="inline-flex items-center gap-1.5">
            <span aria-hidden className="h-0.5 w-4 rounded" style={{ background: `var(${LINES[index % LINES.length] ?? "--accent"})` }} />
            {one.label}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
