// The user's own choice where there is one, else the system's.
const key = 'platform.theme';

export function isDark() {
  const chosen = localStorage.getItem(key);
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export function remember(dark) {
  localStorage.setItem(key, dark ? 'dark' : 'light');
}
