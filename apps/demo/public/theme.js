/** Dresses the page as the cookie `theme` says: light, dark, or (any other value, or none) as the system does. */
export function applyTheme() {
  const theme = /(?:^|; )theme=(light|dark)(?:;|$)/.exec(document.cookie)?.[1];
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

applyTheme();
