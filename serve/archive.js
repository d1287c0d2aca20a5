// An archive: give it, watch how far it is, stop it, see what came out.

const POLL_MS = 700;
let current = null;

const words = (state) => {
  const left = state.seconds_left;
  const time = left === null ? '' : left < 90 ? `, about ${Math.max(1, Math.round(left))} s left` : `, about ${Math.round(left / 60)} min left`;
  const stage = { running: '', done: 'Done: ', cancelled: 'Stopped: ', failed: 'Failed: ' }[state.state];
  return `${stage}${state.done.toLocaleString('en')} of ${state.total.toLocaleString('en')} texts${time}`;
};

function show(state) {
  const bar = one('progress');
  bar.max = state.total;
  bar.value = state.done;
  one('.progress').hidden = false;
  one('.progress-words').textContent = words(state);
  one('.stop').hidden = state.state !== 'running';
  one('.problem').textContent = state.problem ?? '';
}

async function watchArchive(state) {
  current = state.id;
  while (state.state === 'running' && current === state.id) {
    show(state);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    state = await ask(`v1/archives/${state.id}`);
  }
  if (current !== state.id) return;
  show(state);
  if (state.done) one('.result').innerHTML = await ask(`page/archives/${state.id}`);
}

element.addEventListener('change', async (event) => {
  if (!event.target.matches('.file') || !event.target.files.length) return;
  const [file] = event.target.files;
  event.target.value = '';
  one('.problem').textContent = '';
  one('.result').replaceChildren();
  try {
    await watchArchive(await give('v1/archives', file));
  } catch (problem) {
    one('.problem').textContent = problem.message;
    one('.progress').hidden = true;
  }
});

element.addEventListener('click', (event) => {
  if (event.target.closest('.stop') && current) {
    ask(`v1/archives/${current}`, { method: 'DELETE' }).catch((problem) => {
      one('.problem').textContent = problem.message;
    });
  }
});
