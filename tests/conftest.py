"""A browser test that fails leaves a picture of what it saw."""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    notebook = getattr(item, "funcargs", {}).get("notebook")
    if report.failed and hasattr(notebook, "screenshot"):
        try:
            report.sections.append(("screenshot", str(notebook.screenshot())))
        except Exception as error:  # the browser may be gone: the test's own failure is what counts
            report.sections.append(("screenshot", f"none: {error}"))
    return report
