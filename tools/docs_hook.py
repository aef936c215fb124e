"""For `make docs`: pages elsewhere in the repository become part of the site, and GitHub's links to them work there."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.structure.files import File

TOP = Path(__file__).parent.parent


def on_files(files, config):
    for folder in ("benchmarks", "src"):
        for path in sorted((TOP / folder).rglob("*.md")):
            files.append(File.generated(config, path.relative_to(TOP).as_posix(), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """`../benchmarks/a.md` is `benchmarks/a.md` of the site; a link to anything that is no page becomes plain text."""
    if page.file.src_uri.startswith(("benchmarks/", "src/")):
        return re.sub(r"\[([^\]]+)\]\((?!https?://|#)[^)]+\)", r"\1", markdown)
    known = {file.src_uri for file in files}
    markdown = re.sub(r"\]\(\.\./([^)]+\.md)\)", lambda m: f"]({m[1]})" if m[1] in known else m[0], markdown)
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", markdown)
