"""What a browser drew amiss, found by scripts that run in the page; each gives words that tell where, or none."""

OVER = """() => {
    const remembered = (found, known = new Map()) => element => {
        if (!known.has(element)) known.set(element, found(element));
        return known.get(element);
    };
    const everywhere = { left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 };
    const within = (one, other) => ({
        left: Math.max(one.left, other.left), top: Math.max(one.top, other.top),
        right: Math.min(one.right, other.right), bottom: Math.min(one.bottom, other.bottom),
    });
    const window_of = remembered(element => {
        if (!element || element === document.documentElement) return everywhere;
        const around = window_of(element.parentElement);
        const cuts = getComputedStyle(element).overflow !== 'visible';
        return cuts ? within(element.getBoundingClientRect(), around) : around;
    });
    const stays = remembered(element =>
        Boolean(element) && (getComputedStyle(element).position === 'sticky' || stays(element.parentElement)));
    const isDrawn = element =>
        element.checkVisibility({ visibilityProperty: true }) && !element.closest('.vh, .skip, select, svg');
    const lines = node => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const around = node.parentElement;
        return [...range.getClientRects()]
            .map(each => within(each, window_of(around)))
            .map(each => ({ left: each.left + 1, top: each.top + 3, right: each.right - 1, bottom: each.bottom - 3 }))
            .filter(each => each.right > each.left && each.bottom > each.top)
            .map(each => ({ ...each, node, stays: stays(around), words: node.data.trim() }));
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const drawn = [];
    for (let node; (node = walker.nextNode()); )
        if (node.data.trim() && isDrawn(node.parentElement)) drawn.push(...lines(node));
    drawn.sort((one, other) => one.top - other.top);
    const meet = (one, other) => other.node !== one.node && other.stays === one.stays
        && other.left < one.right && one.left < other.right;
    return drawn.flatMap((one, index) => {
        const found = [];
        for (let next = index + 1; next < drawn.length && drawn[next].top < one.bottom; next++)
            if (meet(one, drawn[next])) found.push(`${one.words} | ${drawn[next].words}`);
        return found;
    });
}"""
"""Words that are drawn over other words, but for drawings and what stays over the page while it scrolls."""

CUT = """() => [...document.querySelectorAll('body *')]
    .filter(each => each.checkVisibility() && !each.closest('.vh, select, svg, datalist, .ground'))
    .filter(each => ['hidden', 'clip'].includes(getComputedStyle(each).overflowY))
    .filter(each => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
    .map(each => each.textContent.trim())"""
"""Boxes that hide some of what they hold and cannot be scrolled; not the ground of a map, which has edges."""

UNSEEN_FOCUS = """() => {
    const focused = document.activeElement;
    const isMine = there => there && (focused.contains(there) || there.closest('label')?.contains(focused));
    const shares = [0.02, 0.25, 0.5, 0.75, 0.98];
    const isSeen = box => {
        const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)];
        const [width, height] = [Math.min(box.right, innerWidth) - left, Math.min(box.bottom, innerHeight) - top];
        const at = (x, y) => document.elementFromPoint(left + x * width, top + y * height);
        return shares.some(x => shares.some(y => isMine(at(x, y))));
    };
    return [...focused.getClientRects()].some(isSeen) ? '' : focused.textContent.trim() || focused.name;
}"""
"""What has the focus, where none of it is seen."""

STAYING = """() => [...document.querySelectorAll('body *')]
    .filter(each => each.checkVisibility() && ['fixed', 'sticky'].includes(getComputedStyle(each).position))
    .map(each => each.getBoundingClientRect())
    .reduce((sum, each) => sum + Math.max(0, Math.min(each.bottom, innerHeight) - Math.max(each.top, 0)), 0)"""
"""How much of the height of the window is taken, in pixels, by what stays while the page scrolls."""

MOVING = """() => [document.documentElement, ...document.querySelectorAll('body *')].filter(each => {
    const style = getComputedStyle(each);
    const lasting = `${style.transitionDuration}, ${style.animationDuration}`.split(',').map(parseFloat);
    return style.scrollBehavior === 'smooth' || lasting.some(seconds => seconds > 0.01);
}).map(each => each.outerHTML.slice(0, 60))"""
"""What moves, or would when it changes."""
SHIFTED = """() => new Promise(done => {
    const said = ({ node, previousRect: from, currentRect: to }) =>
        [node?.nodeName, node?.className, node?.textContent.trim().slice(0, 40), ...[from, to].flatMap(each =>
            [each.x, each.y, each.width, each.height])].join(' ');
    const found = [];
    new PerformanceObserver(list => list.getEntries().forEach(each =>
        found.push(`${each.value}: ${each.sources.map(said).join(', ')}`)))
        .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(found), 1000);
})"""
"""What moved by itself since the page began, and from where to where."""
