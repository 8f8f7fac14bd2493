#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Draws exit-rate.svg from a run:  docs/img/exit-rate.sh results/RUN > docs/img/exit-rate.svg
# One panel per lab: exits per second of guest time, from the first VM entry to `ready`, each row of timeline.csv a step.
set -eu
run=${1:?usage: exit-rate.sh RUN}

# panel LAB TOP TITLE: the svg elements of one lab. The boot window is the phases firmware, kernel and user-space.
panel() {
  awk -F, -v top="$2" -v title="$3" '
    function x(ns) { return left + ns / end * width }
    function text(at_x, at_y, anchor, what) {
      printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", at_x, at_y, anchor, what
    }
    BEGIN { left = 70; width = 700; height = 130; fill["firmware"] = "#b4cfe8"; fill["kernel"] = "#f2c894"; fill["user-space"] = "#b8dcb0" }
    FILENAME ~ /phases.csv$/ {
      if ($1 in fill) { names[++phases] = $1; from[phases] = $2; to[phases] = $3; exits[phases] = $5; end = $3; total += $5 }
      next
    }
    FNR > 1 && $1 <= end {
      if (n++) { t0[n] = t; t1[n] = $1; rate[n] = ($3 - e) * 1e9 / ($1 - t); if (rate[n] > most) most = rate[n] }
      t = $1; e = $3
    }
    END {
      most *= 1.2 # room for the labels
      unit = 1; while (unit * 5 < most) unit *= 10
      if (unit * 2.5 < most) step = unit; else step = unit / 2
      scale = height / most
      for (i = 1; i <= phases; i++) {
        printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" opacity=\"0.55\"/>\n", x(from[i]), top, x(to[i]) - x(from[i]), height, fill[names[i]]
        if (x(to[i]) - x(from[i]) > 60) text((x(from[i]) + x(to[i])) / 2, top + 14, "middle", names[i] ": " exits[i] " exits")
      }
      for (y = 0; y <= most; y += step) {
        printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#999\" stroke-width=\"0.5\"/>\n", left, left + width, top + height - y * scale, top + height - y * scale
        text(left - 6, top + height - y * scale + 4, "end", sprintf("%d", y))
      }
      printf "<path fill=\"none\" stroke=\"#1f3b57\" stroke-width=\"1.2\" d=\"M%.1f %.1f", left, top + height
      for (i = 2; i <= n; i++) printf "L%.1f %.1fL%.1f %.1f", x(t0[i]), top + height - rate[i] * scale, x(t1[i]), top + height - rate[i] * scale
      print "\"/>"
      for (i = 0; i <= 5; i++) text(left + width * i / 5, top + height + 16, "middle", sprintf("%.2f s", end * i / 5 / 1e9))
      printf "<g font-weight=\"bold\">"
      text(left, top - 8, "start", sprintf("%s: %d exits from first entry to ready", title, total))
      print "</g>"
    }' "$run/$1/phases.csv" "$run/$1/timeline.csv"
}

echo '<?xml version="1.0" encoding="UTF-8"?>'
echo '<!-- SPDX-License-Identifier: GPL-2.0-or-later -->'
echo '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 390" font-family="sans-serif" font-size="12" fill="#222">'
echo '<title>Exits per second of guest time while L2 boots, in both labs</title>'
echo '<rect width="800" height="390" fill="#fff"/>'
panel vmx 36 'vmx lab (Bochs), exits per second of guest time'
panel svm 228 'svm lab (QEMU TCG), exits per second of guest time'
echo '</svg>'
