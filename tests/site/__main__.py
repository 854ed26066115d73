"""Check a built site: `python -m tests.site work_dirs/site`, as `make docs` does."""

import sys
from pathlib import Path

from tests.site.built_site import problems

if __name__ == "__main__":
    (site,) = map(Path, sys.argv[1:])
    if not (site / "index.html").is_file():
        sys.exit(f"there is no site in {site}; make docs builds it")
    found = problems(site)
    print("\n".join(found) or f"{site}: all links lead somewhere, nothing comes from elsewhere")
    sys.exit(bool(found))
