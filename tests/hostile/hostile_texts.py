"""Texts that mean something to a browser, a shell, a terminal or a file system."""

from hypothesis import strategies as st

FRAGMENTS = (
    "<script>alert(1)</script>", "</title><script>", "<img src=x onerror=alert(1)>", '" onload="x',
    "' onclick='x", "javascript:alert(1)", "<!--", "-->", "]]>", "<![CDATA[", "&lt;script&gt;",
    "&#60;b&#62;", "</svg><script>", "<style>*{display:none}", "{{ 7*7 }}", "{% raw %}", "${x}",
    "$(touch x)", "`touch x`", "; touch x", "| touch x", "../../../x", "..\\x", "a\nb", "a\tb",
    "\x1b[31m", "\x07", "\u202e", "\u2028", "\x00", "C:\\x", "CON", "a b", "#", "%2e%2e%2f",
    "?x=1", "-rf", "é", "日本", "$x^2$", "\\frac{1}{2}", "_", "[a](javascript:x)", "```", "***",
)  # fmt: skip

texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=4).map(
    "".join
)
