import type { Picture } from "./phones-api";

/** A picture a customer might send: drawn here, so that the demo needs no files. */
export function samplePhoto(): Picture {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 480;
  const pen = canvas.getContext("2d");
  if (pen !== null) {
    const sky = pen.createLinearGradient(0, 0, 0, 480);
    sky.addColorStop(0, "#9fc6d8");
    sky.addColorStop(0.6, "#e6d9bf");
    sky.addColorStop(0.6, "#7d8471");
    sky.addColorStop(1, "#5c6254");
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = "#3f4a4d";
    for (let bar = 0; bar < 9; bar += 1) pen.fillRect(90 + bar * 52, 150, 14, 230);
    pen.fillRect(80, 170, 450, 16);
    pen.fillRect(80, 340, 450, 16);
    pen.fillStyle = "#c0262d";
    pen.fillRect(505, 225, 34, 60);
  }
  return { mime_type: "image/jpeg", filename: "gate.jpg", base64: canvas.toDataURL("image/jpeg", 0.8).split(",")[1] ?? "" };
}
