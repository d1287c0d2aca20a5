// Opening an article by its link. The key stands behind "#", which a browser sends to nobody.

// The box and the button belong to other parts, which may be drawn later than this one.
async function isReady() {
  for (let turn = 0; turn < 100 && !(box() && document.querySelector('#analyze')); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function reopen() {
  const key = new URLSearchParams(window.location.hash.slice(1)).get('shared');
  if (!key) return;
  try {
    const { text, release, until } = await ask(`page/shared/${encodeURIComponent(key)}`);
    const { release: now } = await ask('health');
    await isReady();
    fill(text);
    status().textContent = `Opened by a link that works until ${until.slice(0, 16).replace('T', ' ')} UTC.` +
      (release === now ? '' : ` It was read by ${release} then, by ${now} now.`);
    await new Promise((resolve) => setTimeout(resolve, 200)); // the box takes the text over first
    document.querySelector('#analyze').click();
  } catch (problem) {
    status().replaceChildren(make('span', { role: 'alert' }, problem.message));
  }
}

window.addEventListener('hashchange', reopen);
reopen();
