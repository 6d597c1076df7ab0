"""Shows pages in a browser, prints them, and has axe-core look at them: each finding fails."""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys

import axe_playwright_python

DARK = "--blink-settings=preferredColorScheme=0"
AXE = next(pathlib.Path(axe_playwright_python.__file__).parent.rglob("axe*.js")).read_text(encoding="utf-8")
RUN = """<script>axe.run(document).then(found => {
  const result = document.createElement("pre");
  result.id = "found";
  result.textContent = JSON.stringify(found.violations.map(one => [one.id, one.help, one.nodes.map(n => n.html)]));
  document.body.appendChild(result);
});</script>"""


def browser(*arguments):
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *arguments],
        capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def check(page, *options):
    # The page's own policy lets no script run; the copy that is looked at has none.
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    copy = page.with_name("looked-at.html")
    copy.write_text(text.replace("</body>", f"<script>{AXE}</script>{RUN}</body>"), encoding="utf-8")
    shown = browser("--virtual-time-budget=20000", *options, "--dump-dom", copy.as_uri())
    copy.unlink()
    found = re.search(r'<pre id="found">(.*?)</pre>', shown, re.S)
    if not found:
        sys.exit(f"{page.name}: axe-core gave no answer")
    return json.loads(html.unescape(found[1]))


def main():
    out, *pages = sys.argv[1:]
    failed = False
    for page in map(pathlib.Path, pages):
        # A narrow window, too: what is hidden there must be reachable.
        for options in [[], [DARK], ["--window-size=420,900"]]:
            for rule, words, places in check(page, *options):
                failed = True
                print(f"{page.name} {' '.join(options)}: {rule}: {words}: {places[0]}")
        printed = page.with_suffix(".pdf")
        browser("--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri())
        sheets = printed.read_bytes().count(b"/Type /Page\n") or len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
        print(f"{page.name}: {sheets} sheets of paper")
        if out:
            kept = pathlib.Path(out) / page.parent.name
            shutil.copytree(page.parent, kept, dirs_exist_ok=True)
            for name, options in [
                ("screen", ["--window-size=1100,2400"]), ("telephone", ["--window-size=420,2400"]),
                ("dark", [DARK, "--window-size=1100,2400"]),
            ]:
                browser(*options, f"--screenshot={kept / name}.png", page.as_uri())
    if failed:
        sys.exit(1)
    print("axe-core: no finding")


main()
