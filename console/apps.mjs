// Every page the server serves from this package: its folder under apps/, its URL prefix and its folder in dist/.
export const apps = [
  { name: "console", base: "/app/", out: "app" },
  { name: "sim", base: "/sim/", out: "sim" },
  { name: "widget", base: "/widget/", out: "widget" },
  // Swagger UI comes as one piece.
  { name: "docs", base: "/docs/", out: "docs", largestKB: 1800 },
];
