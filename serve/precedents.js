// The labelled sentences nearest to the selected one: fetched when a sentence stays selected, not in passing.

const LINGER_MS = 120;
let lookingUp = null;

function lookUpPrecedents(detail) {
  clearTimeout(lookingUp);
  const awaited = detail?.querySelector('.precedents .awaited');
  const token = one('.diplotone').dataset.token;
  if (!awaited || !token) return;
  lookingUp = setTimeout(async () => {
    // The page is updated in place: by the time of the answer this may be the place of another article's sentence.
    const isSame = () => one('.diplotone').dataset.token === token && awaited.isConnected;
    try {
      const found = await ask(`page/results/${token}/precedents/${detail.dataset.of}`);
      if (!isSame()) return;
      awaited.outerHTML = found;
      if (!detail.hidden && !isCovering()) one('.details').scrollIntoView({ block: 'nearest' }); // they have grown
    } catch (problem) {
      if (isSame()) awaited.replaceChildren(make('span', { role: 'alert' }, problem.message));
    }
  }, LINGER_MS);
}
