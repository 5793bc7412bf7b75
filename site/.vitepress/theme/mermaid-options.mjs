/** How diagrams are drawn; on GitHub they have its own colours. */
export function mermaidOptions(isDark) {
  return {
    startOnLoad: false,
    securityLevel: "strict",
    theme: isDark ? "dark" : "neutral",
    fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
    sequence: { mirrorActors: false },
  };
}
