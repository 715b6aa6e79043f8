// The zone that the viewer's clock shows.
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
