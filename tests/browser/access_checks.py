"""Checks of what a page shows: names, colors, focus, motion, and what can be reached."""

from typing import Any

from tests.browser.test_access import OUTLINES
from tests.browser.test_demo import COLORS, contrast
from tests.browser.test_sizes import FAULTS

NAMED = {"application", "button", "checkbox", "dialog", "group", "image", "radio", "textbox"}
# Each text and each border of a control: what it is, its color, its background, the least contrast.
COLOR_PAIRS = """() => {
  const isClear = color => /^rgba.*, 0\\)$/.test(color), pairs = []
  const behind = e => {
    const { backgroundColor } = getComputedStyle(e)
    return isClear(backgroundColor) ? behind(e.parentElement) : backgroundColor }
  for (const e of document.querySelectorAll('body *:not(.visually-hidden, script, noscript)')) {
    if (!e.checkVisibility()) continue
    const { color, borderTopColor, borderTopWidth } = getComputedStyle(e)
    const name = e.id || e.className
    if ([...e.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
      pairs.push([`text of ${name}`, color, behind(e), 4.5])
    for (const part of ['::before', '::after']) {
      const { content, color, backgroundColor } = getComputedStyle(e, part)
      if (content !== 'none') pairs.push([name + part, color, backgroundColor, 4.5]) }
    if (e.matches('button, textarea, .check, .step span') && parseFloat(borderTopWidth)
        && !isClear(borderTopColor))
      pairs.push([`border of ${name}`, borderTopColor, behind(e.parentElement), 3]) }
  return pairs }"""
# The heading and the buttons, which every size but the smallest shows without scrolling.
HIDDEN_PARTS = f"""() => {{
  const parts = document.querySelector('dialog[open]')
    ? 'dialog h2, dialog button' : 'header button, h1, #question, #hint, section .actions button'
  return ({FAULTS})([...document.querySelectorAll(parts)]
    .filter(e => e.checkVisibility() && (e.textContent || e.matches('button')))
    .map(e => e.id)) }}"""
# Text, pictures and controls of which a part is not seen after scrolling to it; outlines that are
# cut; and places that scroll, but not by keyboard, or do not show that there is more.
UNREACHABLE = """() => {
  dispatchEvent(new Event('resize'))
  const top = document.querySelector('dialog[open]') ?? document.body, faults = []
  const focused = document.activeElement, name = e => e.id || e.className || e.tagName
  const all = [...top.querySelectorAll('*:not([aria-hidden] *, .visually-hidden, noscript)')]
    .filter(e => e.checkVisibility())
  const scrollers = all.filter(e => e.scrollHeight > e.clientHeight + 1
    && getComputedStyle(e).overflowY !== 'visible')
  for (const e of scrollers) {
    e.scrollTop = 0
    const controls = [e, ...e.querySelectorAll('button, input, textarea, [tabindex="0"]')]
    if (getComputedStyle(e).overflowY !== 'auto' && !e.matches('textarea'))
      faults.push(`${name(e)} is cut`)
    if (!controls.some(control => control.tabIndex >= 0 && !control.closest('[inert]')))
      faults.push(`${name(e)} does not scroll by keyboard`)
    if (e.matches('.body, h1, p')) {
      e.dispatchEvent(new Event('scroll', { bubbles: true }))
      if (!e.classList.contains('more')) faults.push(`${name(e)} shows no sign of more`) }
  }
  const isAt = (e, x, y) => {
    const at = document.elementFromPoint(x, y)
    return at && (at.contains(e) || e.contains(at) || at.closest('label, button')?.contains(e)) }
  const boxes = e => {
    if (e.matches('button, input, textarea, img, .target')) return [e.getBoundingClientRect()]
    const range = new Range()
    range.selectNodeContents(e)
    return [...range.getClientRects()].filter(box => box.width > 1) }
  for (const e of all) {
    const isControl = e.matches('button, input, textarea, .target')
    const isText = [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    if (!isControl && !isText && !e.matches('img')) continue
    e.scrollIntoView({ block: 'start' })
    e.scrollTop = 0
    const first = boxes(e)[0]
    const isStart = isAt(e, first.left + 2, (first.top + first.bottom) / 2)
      && isAt(e, (first.left + first.right) / 2, first.top + 2)
    e.scrollIntoView({ block: 'end' })
    e.scrollTop = e.scrollHeight
    const last = boxes(e).at(-1)
    const isEnd = isAt(e, last.right - 2, (last.top + last.bottom) / 2)
      && isAt(e, (last.left + last.right) / 2, last.bottom - 2)
    if (!isStart || !isEnd) faults.push(`${name(e)} cannot be seen`)
    if (!isControl || e.closest('[inert]') || e.disabled) continue
    focused.blur()
    e.focus({ focusVisible: true })
    if (document.activeElement !== e) faults.push(`${name(e)} cannot be focused`)
    const outlined = getComputedStyle(e).opacity === '0' ? e.nextElementSibling : e
    const { outlineWidth, outlineOffset } = getComputedStyle(outlined)
    const wide = parseFloat(outlineWidth) + parseFloat(outlineOffset)
    const box = outlined.getBoundingClientRect()
    for (const scroller of scrollers.filter(each => each !== e && each.contains(e))) {
      const { left, top, right, bottom } = scroller.getBoundingClientRect()
      if (box.left - wide < left - .5 || box.right + wide > right + .5 ||
          box.top - wide < top - .5 || box.bottom + wide > bottom + .5)
        faults.push(`the outline of ${name(e)} is cut by ${name(scroller)}`) }
  }
  for (const e of scrollers) e.scrollTop = 0
  focused.focus({ preventScroll: true })
  return faults }"""


def check_names(page: Any, where: str) -> None:
    """Check in the browser's accessibility tree that controls and pictures have names."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    roles = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    assert [role for role, name in roles if role in NAMED and not name.strip()] == [], where
    if page.locator("#stage img:visible").count():
        assert any(name.startswith("Picture ") for _, name in roles), where


def check_colors_and_motion(page: Any, where: str) -> None:
    """Check text, borders and outlines in light and dark, and that nothing moves unasked."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for part, color, background, least in page.evaluate(COLOR_PAIRS):
            assert contrast(color, background) >= least, (where, scheme, part, color, background)
        colors = page.evaluate(COLORS)
        for control, style, width, color in page.evaluate(OUTLINES):
            assert (style, width) == ("solid", 3), (where, control)
            for background in ("paper", "card"):
                assert contrast(color, colors[background]) >= 3, (where, scheme, control)
    assert page.evaluate("document.getAnimations().map(each => each.animationName)") == [], where
    page.emulate_media(reduced_motion="no-preference")


def check_reach(page: Any, where: Any, all_in_window: bool) -> None:
    """Check that scrolling, by keyboard too, shows all; and the main parts without scrolling."""
    assert page.evaluate(UNREACHABLE) == [], where
    if all_in_window:
        assert page.evaluate(HIDDEN_PARTS) == [], where
