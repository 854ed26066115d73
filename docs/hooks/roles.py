"""Links of the reference: docstrings name objects in the roles of Sphinx."""

import re
from typing import Any

from griffe import Extension, GriffeLoader, Object

# :func:`name`, :class:`~iclip.models.Name`
ROLE = re.compile(r":(?:func|class|meth|mod|data|attr):`(~?)([\w.]+)`")


class RoleLinks(Extension):
    """Turn the roles in docstrings into links of mkdocs-autorefs.

    They are optional ones: a private object has no place in the reference, and stays a name.
    """

    def on_object(self, *, obj: Object, loader: GriffeLoader, **kwargs: Any) -> None:
        """Change an object's docstring as soon as it is read."""
        if obj.docstring is not None:
            obj.docstring.value = ROLE.sub(lambda match: _link(obj, match), obj.docstring.value)


def _link(obj: Object, match: re.Match[str]) -> str:
    is_short, target = match.groups()
    text = target.rpartition(".")[2] if is_short else target
    # A name without a dot is one of the same module; with one, of the same class or in full.
    module = obj.path if obj.is_module else obj.module.path
    identifier = target if target.startswith("iclip.") else f"{module}.{target}"
    return f'<autoref identifier="{identifier}" optional><code>{text}</code></autoref>'
