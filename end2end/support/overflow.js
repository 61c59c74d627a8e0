// Finds content that is wider than the viewport.

/** Returns the widths and the elements that extend beyond the viewport, or nothing if the page fits. */
export const overflow = (page) =>
  page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1 && element.checkVisibility(),
    );
    return [`${scrollWidth} > ${clientWidth}`, ...wide.slice(-4).map((element) => element.outerHTML.slice(0, 120))];
  });
