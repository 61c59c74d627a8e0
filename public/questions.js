// Names countries in the language of the page: in lists to choose from ([data-countries]) and in answers ([data-country]).
// Without this script, lists have English names, and answers the two letters of ISO 3166-1. It is a module, so that it runs
// once in a page, however often it is put into it.
const language = document.documentElement.lang;

function nameCountries(names) {
  for (const list of document.querySelectorAll('[data-countries]:has([lang])')) {
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
}

try {
  const names = new Intl.DisplayNames([language], { type: 'region' });
  nameCountries(names);
  // After an edit by the organizer, the panel exchanges the questions (`page_refresh.rs`).
  document.addEventListener('mini-compete:exchanged', () => nameCountries(names));
} catch {
  // A browser without these names shows those of the server.
}
