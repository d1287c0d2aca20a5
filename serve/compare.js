// Two texts side by side.

element.addEventListener('submit', async (event) => {
  event.preventDefault();
  const place = one('.comparison');
  one('.problem').textContent = '';
  place.textContent = 'Reading …';
  try {
    place.innerHTML = await tell('page/compare', Object.fromEntries(new FormData(event.target)));
  } catch (problem) {
    place.textContent = '';
    one('.problem').textContent = problem.message;
  }
});
