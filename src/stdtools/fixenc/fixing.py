"""What --fix mends of what a policy finds: all that can be mended without asking."""

from stdtools.fixenc.checking import BIDI, INVISIBLE, JOINERS_IN_ASCII, Policy
from stdtools.fixenc.request import Request, Running
from stdtools.fixenc.rewriting import Intention, rewrite
from stdtools.shared.streams import open_input

_DROPPED = {"no-bidi": f"[{BIDI}]", "no-invisible": f"[{INVISIBLE}]|{JOINERS_IN_ASCII}"}


def fix(path: str, policy: Policy, source: str, backup: str) -> bool:
    """Rewrite *path*, which is in the encoding *source*, so that it keeps *policy*; return whether it has changed.

    Raises ToolError where it cannot be.
    """
    request = Request(
        source=source,
        target=policy.encoding.name,
        bom="strip" if "no-bom" in policy.rules else "keep",
        newlines="lf" if "lf" in policy.rules else "keep",
        normalize="NFC" if "nfc" in policy.rules else "",
        drop="|".join(pattern for rule, pattern in _DROPPED.items() if rule in policy.rules),
    )
    with open_input(path) as file:
        running = Running(request, file, sure=True)
        meant = Intention()
        running.converter.intended = meant.add
        return rewrite(path, running, lambda: policy.encoding, intention=lambda: meant, backup=backup)
