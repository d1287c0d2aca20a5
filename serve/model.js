// The model: retrain, watch how far it is, read the verdict, put the release into use, go back.

const MODEL_POLL_MS = 1500;
const LOOKS_PER_PLAN = 8; // how many labels there are changes slowly and takes a while to count
const known = {};
let releaseShown = '';
let looks = 0;
let possible = false;

function showParts(parts) {
  for (const [name, html] of Object.entries(parts)) {
    if (known[name] === html) continue; // what a reader has opened or reached with a key stays so
    known[name] = html;
    one(`[data-part="${name}"]`).innerHTML = html;
  }
}

function showHowFar(which, state) {
  const place = one(`.progress.${which}`);
  place.hidden = !state;
  if (!state) return;
  place.dataset.id = state.id;
  const words = place.querySelector('.progress-words');
  if (words.textContent !== state.words) words.textContent = state.words; // read aloud when it changes
  const bar = place.querySelector('progress');
  if (!bar) return;
  if (state.steps) {
    bar.max = state.steps;
    bar.value = state.step;
  } else bar.removeAttribute('value'); // it goes on, nobody knows for how long
}

async function look(plan = looks % LOOKS_PER_PLAN === 0) {
  looks += 1;
  const found = await ask(`page/model?${new URLSearchParams({ release: releaseShown, plan })}`);
  if (found.release !== releaseShown) listReleases();
  releaseShown = found.release;
  possible = found.possible ?? possible;
  showParts(found.parts);
  showHowFar('running', found.running);
  showHowFar('waiting', found.waiting);
  one('.start').disabled = !possible || !found.room;
  one('.start').textContent = found.running ? 'Retrain again after this one' : 'Retrain';
}

// Which releases are kept; asked for when that may have changed, since a process has to look them through.
async function listReleases() {
  const status = one('.releases-status');
  try {
    const { releases } = await ask('v1/releases');
    const heads = ['Release', 'First in use', 'Verdict', 'Now'];
    one('.releases').replaceChildren(make('table', {},
      make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
      make('tbody', {}, ...releases.reverse().map(releaseRow))));
    status.textContent = '';
  } catch (problem) {
    status.textContent = `They cannot be listed: ${problem.message}`;
  }
}

function releaseRow({ name, label, outcome, is_current: isCurrent, since }) {
  const isShipped = name === 'shipped';
  return make('tr', isCurrent ? { class: 'in-use' } : {},
    make('th', { scope: 'row' }, make('code', {}, label)),
    make('td', {}, since ? `${since.slice(0, 16).replace('T', ' ')} UTC` : 'came with Diplotone'),
    make('td', {}, outcome ?? (isShipped ? '–' : 'none')),
    make('td', {}, [isCurrent ? 'in use' : '', isShipped ? 'shipped' : ''].filter(Boolean).join(', ')));
}

function confirmed(question) {
  const dialog = one('.confirm');
  one('.question').textContent = question;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

async function act(button, question, does) {
  if (question && !(await confirmed(question))) return;
  one('.problem').textContent = '';
  one('.done').textContent = '';
  button.disabled = true;
  try {
    one('.done').textContent = (await does())?.done ?? '';
  } catch (problem) {
    one('.problem').textContent = problem.message;
  } finally {
    button.disabled = false;
    look(true).catch(() => {});
    if (!button.matches('.start, .stop')) listReleases();
  }
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || button.closest('.confirm')) return;
  const { question, candidate, anyway } = button.dataset;
  if (button.matches('.start')) act(button, null, async () => { await tell('v1/retrain', {}); });
  if (button.matches('.promote')) {
    act(button, question, () => tell('v1/releases/promote', { candidate, anyway: anyway !== undefined }));
  }
  if (button.matches('.rollback')) act(button, question, () => tell('v1/releases/rollback', {}));
  if (button.matches('.stop')) {
    const { id } = button.closest('.progress').dataset;
    act(button, 'Cancel this retraining? What it has learnt so far is thrown away.', async () => {
      await ask(`v1/retrain/${id}`, { method: 'DELETE' });
    });
  }
});

// Only while somebody looks.
let lookAgain = null;
let unreached = false;
async function lookNow() {
  if (document.hidden) return;
  try {
    await look();
    if (unreached) one('.problem').textContent = '';
    unreached = false;
  } catch (problem) {
    one('.problem').textContent = problem.message;
    unreached = true;
  }
}
new IntersectionObserver((entries) => {
  clearInterval(lookAgain);
  if (!entries.at(-1).isIntersecting) return;
  lookNow();
  lookAgain = setInterval(lookNow, MODEL_POLL_MS);
}).observe(element);
