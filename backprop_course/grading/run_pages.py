"""A broken run is read by eye, by ear and in a terminal, so its page is made of plain text and one table."""

from html import escape

from backprop_course.verify.tables import html_table

MEASURES = ("times as long", "cosine")
NUMBER = (
    "user-select:none;display:inline-block;width:2em;text-align:right;padding-right:0.6em;"
    "margin-right:0.8em;border-right:1px solid;opacity:0.75"
)
CODE = "white-space:pre;overflow-x:auto;line-height:1.4;margin:0 0 0.8em 0"


def as_text(run) -> str:
    """Code with line numbers, one update, the outcome."""
    lines = [f"{n:3} | {line}" for n, line in enumerate(run.code.splitlines(), 1)]
    rows = [f"  {k}: {v}" for k, v in _by_parameter(run)]
    return "\n".join([*lines, "", f"{run.plan.caption}:", *rows, *_told(run)])


def _by_parameter(run):
    for name, found in run.fingerprint.items():
        if isinstance(found, str):
            yield name, found
        else:
            ratio, cosine = _numbers(*found)
            yield name, f"{ratio} times " + ("as large" if found[1] is None else f"as long, cosine {cosine}")


def _numbers(ratio, cosine):
    """Three digits behind the point, and four of a ratio such as 1/16; a dash where there is no cosine."""
    return f"{ratio:.3f}" if ratio >= 0.1 else f"{ratio:.4f}", "–" if cosine is None else f"{cosine:.3f}"


def as_html(run) -> str:
    """The same with a table; the line numbers are not selected when the code is copied."""
    lines = enumerate(run.code.splitlines(), 1)
    code = "\n".join(f'<span style="{NUMBER}">{n}</span>{escape(line)}' for n, line in lines)
    rows = [
        (name, *((found, "–") if isinstance(found, str) else _numbers(*found)))
        for name, found in run.fingerprint.items()
    ]
    told = "<br>".join(map(escape, _told(run)))
    region = '<div role="region" tabindex="0" aria-label="The code of the run, with line numbers">'
    table = html_table(run.plan.caption, (run.plan.head, *MEASURES), rows)
    return f'{region}<pre style="{CODE}">{code}</pre></div>{table}<p>{told}</p>'


def _told(run):
    """What was compared, whether its loss is right, and how both runs ended."""
    return [f"Compared: {run.plan.about(run.setting)}. {_loss(run)}", *run.outcome.splitlines()]


def _loss(run):
    """The loss that was reported, beside the right one."""
    came, right = run.first_loss
    if isinstance(came, str):
        return f"It reports no loss: {came}"
    if abs(came - right) <= 1e-6 * abs(right):
        return f"It reports the right loss, {right:.3f}."
    return f"It reports a loss of {came:.3f}; the right one is {right:.3f}."
