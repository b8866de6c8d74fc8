'use strict';
// Follows the run until it has ended; without this the page is loaded again by hand.
const follow = async () => {
  const live = document.getElementById('live');
  if (live.dataset.follows !== 'true') return;
  try {
    const answer = await fetch(location.href, { credentials: 'same-origin', cache: 'no-store' });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const next = page.getElementById('live');
    if (next) {
      if (next.outerHTML !== live.outerHTML) live.replaceWith(next);
    } else if (answer.redirected || !answer.ok) {
      location.reload();
      return;
    }
  } catch {
    // The server may be away for a moment.
  }
  setTimeout(follow, 2000);
};
setTimeout(follow, 1000);
