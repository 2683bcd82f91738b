// A swipe to the right with a thumb or a mouse: the card follows, and past a third of its way it is done.

const START_PX = 12;
const MIN_PX = 96;
const SHARE = 0.33;

/** Calls `done()` after a swipe of `face` to the right. `mayStart()` says whether it may be swiped now. */
export function onSwipe(face, mayStart, done) {
  let from = null;
  let isSwiping = false;
  const move = (px) => face.style.setProperty("--swipe", `${px}px`);
  const end = () => {
    from = null;
    isSwiping = false;
    face.classList.remove("is-swiping", "is-far");
    move(0);
  };
  const isFar = (px) => px > Math.max(MIN_PX, face.clientWidth * SHARE);
  face.addEventListener("pointerdown", (event) => {
    const isControl = event.target.closest("button, a, summary, input, select");
    if (event.button !== 0 || isControl || !mayStart()) return;
    from = { x: event.clientX, y: event.clientY, id: event.pointerId };
  });
  face.addEventListener("pointermove", (event) => {
    if (from === null || event.pointerId !== from.id) return;
    const px = event.clientX - from.x;
    if (!isSwiping) {
      if (Math.abs(event.clientY - from.y) > START_PX) return end(); // it is a scroll
      if (px < START_PX) return;
      isSwiping = true;
      face.setPointerCapture(from.id);
      face.classList.add("is-swiping");
    }
    face.classList.toggle("is-far", isFar(px));
    move(Math.max(0, px));
  });
  face.addEventListener("pointerup", (event) => {
    const isDone = isSwiping && from !== null && isFar(event.clientX - from.x);
    end();
    if (isDone) done();
  });
  face.addEventListener("pointercancel", end);
}
