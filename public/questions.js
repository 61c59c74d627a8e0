// Names countries in the language of the page: in lists to choose from ([data-countries]) and in answers ([data-country]).
// Without this script, lists have English names, and answers the two letters of ISO 3166-1.
(() => {
  const language = document.documentElement.lang;
  let names;
  try {
    names = new Intl.DisplayNames([language], { type: 'region' });
  } catch {
    return;
  }
  for (const list of document.querySelectorAll('[data-countries]')) {
    const [choose, ...countries] = list.options;
    const chosen = list.value;
    for (const option of countries) {
      option.textContent = names.of(option.value) ?? option.textContent;
      option.removeAttribute('lang');
    }
    countries.sort((a, b) => a.textContent.localeCompare(b.textContent, language));
    list.replaceChildren(choose, ...countries);
    list.value = chosen;
  }
  for (const answer of document.querySelectorAll('[data-country]')) {
    answer.textContent = names.of(answer.dataset.country) ?? answer.textContent;
  }
})();
