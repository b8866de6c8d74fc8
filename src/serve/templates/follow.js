'use strict';
// Follows the run until it has ended; without this the page is loaded again by hand.
const follow = async () => {
  const live = document.getElementById('live');
  if (live.dataset.follows !== 'true') return;
  try {
    const answer = await fetch(location.href, { credentials: 'same-origin', cache: 'no-store' });
    // The head of the page has a style, which the policy knows where it stands only.
    const text = await answer.text();
    const main = text.slice(text.indexOf('<main>'), text.indexOf('</main>'));
    const next = new DOMParser().parseFromString(main, 'text/html').getElementById('live');
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
