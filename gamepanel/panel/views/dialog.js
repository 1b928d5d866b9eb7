// A question in the middle of the page; the rest waits until it is answered.
import { html, useLayoutEffect, useRef } from "../lib/base.js";

/**
 * `close` is called when the person leaves it, whatever way; the focus goes back to where it was.
 * With `isBare` its title is only read, not shown.
 */
export function Dialog({ title, close, css = "dialog", isBare = false, children }) {
  const dialog = useRef(null);
  // Before anything is typed: that is for the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const own = dialog.current;
    own.showModal();
    return () => {
      // Nothing beside it can be focused as long as it is open.
      own.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  // A click beside it leaves it, too.
  const outside = (event) => event.target === dialog.current && close();
  return html`<dialog
    class=${css}
    ref=${dialog}
    aria-label=${title}
    onCancel=${(event) => {
      event.preventDefault();
      close();
    }}
    onClick=${outside}
  >
    <div class="dialog-in">${!isBare && html`<h2>${title}</h2>`} ${children}</div>
  </dialog>`;
}
