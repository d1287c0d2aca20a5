// An archive: give it, watch how far it is, stop it, see what came out. A reload of the page finds it again.

const POLL_MS = 700;
const WAITS_S = [1, 2, 5, 10, 20]; // before the service is asked again that could not be reached
const KEY = 'diplotone-archive';

// The archive of this window; where the browser keeps nothing, for as long as the page is open.
let current = null;
const keep = (id) => {
  current = id;
  try {
    if (id === null) window.sessionStorage.removeItem(KEY);
    else window.sessionStorage.setItem(KEY, id);
  } catch { /* it keeps nothing */ }
};
const kept = () => { try { return window.sessionStorage.getItem(KEY); } catch { return null; } };

let wake = () => {};
const pause = (ms) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, ms); });

const timeLeft = ({ state, seconds_left: seconds }) => {
  if (state !== 'running') return '';
  if (seconds === null) return ', time left not known yet';
  return seconds < 90 ? `, about ${Math.max(1, Math.round(seconds))} s left` : `, about ${Math.round(seconds / 60)} min left`;
};

const words = (state) => {
  const stage = { running: '', done: 'Done: ', cancelled: 'Stopped: ', failed: 'Failed: ' }[state.state];
  return `${stage}${state.done.toLocaleString('en')} of ${state.total.toLocaleString('en')} texts of ${state.name}${timeLeft(state)}`;
};

// What is seen changes twice a second; read out is only what is news.
function say(text, { aloud = true } = {}) {
  one('.progress').hidden = false;
  one('.progress-words').textContent = text;
  if (aloud) one('.progress-said').textContent = text;
}

function show(state, options) {
  const bar = one('progress');
  bar.max = state.total;
  bar.value = state.done;
  say(words(state), options);
  const stop = one('.stop');
  if (state.state !== 'running' && document.activeElement === stop) one('.progress-words').focus();
  stop.hidden = state.state !== 'running';
  one('.problem').textContent = state.problem ?? '';
}

// Asks again where the service cannot be reached or has no time: the archive goes on there, whether or not it is watched.
async function patiently(path) {
  for (const wait of WAITS_S) {
    try {
      return await ask(path);
    } catch (problem) {
      if (problem.status !== undefined && problem.status < 500 && problem.status !== 429) throw problem;
      say(`No answer from the service; asking again in ${wait} s …`);
      await pause(1_000 * wait);
    }
  }
  try {
    return await ask(path);
  } catch (problem) {
    if (problem.status !== undefined) throw problem;
    throw new Error('The service cannot be reached. The archive may go on there: reload the page to look for it again.');
  }
}

async function follow(state) {
  keep(state.id);
  let aloud = true;
  while (state.state === 'running') {
    show(state, { aloud });
    aloud = false;
    await pause(POLL_MS);
    state = await patiently(`v1/archives/${state.id}`);
  }
  show(state);
  if (state.done) one('.result').innerHTML = await patiently(`page/archives/${state.id}`);
}

// One archive at a time: the control that takes another is shut meanwhile.
async function run(text, begin) {
  const file = one('.file');
  file.disabled = true;
  one('.problem').textContent = '';
  one('.result').replaceChildren();
  one('.stop').hidden = true;
  one('progress').removeAttribute('value');
  say(text);
  try {
    await follow(await begin());
  } catch (problem) {
    if (problem.status === 404) keep(null);
    one('.problem').textContent = problem.message;
    one('.progress').hidden = true;
  } finally {
    file.disabled = false;
  }
}

element.addEventListener('change', (event) => {
  if (!event.target.matches('.file') || !event.target.files.length) return;
  const [file] = event.target.files;
  event.target.value = '';
  run(`Handing ${file.name} over …`, () => give('v1/archives', file));
});

element.addEventListener('click', async (event) => {
  const button = event.target.closest('.stop');
  if (!button || !current) return;
  button.disabled = true;
  try {
    await ask(`v1/archives/${current}`, { method: 'DELETE' });
    wake(); // the next look tells how far it came
  } catch (problem) {
    one('.problem').textContent = problem.message;
  } finally {
    button.disabled = false;
  }
});

if (kept()) run('Looking for the archive that was begun here …', () => patiently(`v1/archives/${kept()}`));
