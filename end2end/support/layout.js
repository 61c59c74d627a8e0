// How a page fits its screen.

/** By how much the page is wider than the screen, and the elements that make it so. */
export const overflow = (page) =>
  page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1 && element.checkVisibility(),
    );
    return [`${scrollWidth} > ${clientWidth}`, ...wide.slice(-4).map((element) => element.outerHTML.slice(0, 120))];
  });
